import { expect } from 'chai';
import type { Knex } from 'knex';
import { searchMessages } from '../../src/queries/search-messages.ts';
import { Deployment } from '../helpers/deployment.ts';

const ROWS = 24_000;

interface PlanNode {
  'Index Name'?: string;
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: PlanNode[];
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

describe('the search statement', () => {
  let deployment: Deployment;
  before(async () => {
    deployment = await Deployment.create();
    const { knex } = deployment;
    await knex.raw(
      `INSERT INTO applications (token, name) SELECT 'app-' || a, 'A' FROM generate_series(1, 4) a;
       INSERT INTO chats (app_token, number, created_at, updated_at, last_activity_at)
         SELECT 'app-' || a, n, now(), now(), now() FROM generate_series(1, 4) a, generate_series(1, 20) n;
       INSERT INTO messages (chat_id, app_id, number, body, author_type, created_at, updated_at)
         SELECT c.id, a.id, i, 'message ' || md5(c.id || '-' || i) || CASE WHEN i = 7 THEN ' needle' ELSE '' END,
                'customer', now(), now()
         FROM chats c JOIN applications a ON a.token = c.app_token, generate_series(1, ${ROWS / 80}) i
         WHERE c.app_token <> 'lobby';
       ANALYZE`,
    );
  });
  after(() => deployment.stop());

  /** The plan of the very statement that a search sends. */
  async function planOf(chat: number | null): Promise<PlanNode[]> {
    const { knex } = deployment;
    let sent: Knex.Sql | undefined;
    const listen = (query: Knex.Sql) => {
      if (query.sql.includes('"hits"')) sent = query;
    };
    knex.on('query', listen);
    const hits = await searchMessages({ searchKnex: knex })(
      { token: 'app-2', chat, onlyFor: '' },
      'NEEDLE message',
      51,
      null,
    );
    knex.removeListener('query', listen);
    expect(hits).to.have.length(chat === null ? 20 : 1);
    if (!sent) throw new Error('no statement seen');
    const { rows } = await knex.raw(
      `EXPLAIN (FORMAT JSON) ${sent.sql.replace(/\$\d+/g, '?')}`,
      sent.bindings as string[],
    );
    return nodesOf(rows[0]['QUERY PLAN'][0].Plan);
  }

  it('reads the trigram index of the application, never all messages', async () => {
    const nodes = await planOf(null);
    expect(nodes.map((node) => node['Index Name'])).to.include('messages_search');
    const scans = nodes.filter(
      (node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] === 'messages',
    );
    expect(scans).to.deep.equal([]);
  });

  it('of one chat reads an index too', async () => {
    const nodes = await planOf(3);
    const scans = nodes.filter(
      (node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] === 'messages',
    );
    expect(scans).to.deep.equal([]);
  });
});
