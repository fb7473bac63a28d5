/** Metadata stores whose server can be driven by hand (`subjects/bare-server.ts`), with what one write is there. */
export const bareServers: Readonly<Record<string, string>> = {
  postgres: 'bare PostgreSQL: BEGIN, SELECT, INSERT, COMMIT; a look-up is one SELECT by primary key',
  redis: 'bare Redis: a script of one SET; a look-up is one GET',
}
