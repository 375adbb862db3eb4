// Recounts a slice of what is stored and says where it does not agree with itself. Reads only.

/** A pool of either kind; pg's own is enough. */
interface Queryable {
  query(text: string, values: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

export const auditKinds = ['applications', 'chats'] as const;
export type AuditKind = (typeof auditKinds)[number];

/** A parent whose numbers, or whose count, do not agree with its children. */
export interface Drift {
  kind: AuditKind;
  id: number;
  /** Token, or token and chat number. */
  name: string;
  last_number: number;
  rows: number;
  highest: number;
  /** The reconciled count and what it should be; equal while a reconciliation is due. */
  counted: number;
  visible: number;
}

export interface AuditSlice {
  audited: number;
  /** The last parent looked at; null at the end of the round. */
  last: number | null;
  drift: Drift[];
}

const slices: Record<AuditKind, string> = {
  applications: `
    SELECT p.id, p.token AS name, p.last_chat_number AS last_number, p.chats_count AS counted,
           p.counted_through = p.last_chat_number AS settled,
           count(c.id)::int AS rows, coalesce(max(c.number), 0) AS highest,
           count(c.id) FILTER (WHERE NOT c.void)::int AS visible
    FROM (SELECT * FROM applications WHERE id > $1 AND deleted_at IS NULL ORDER BY id LIMIT $2) p
    LEFT JOIN chats c ON c.app_token = p.token
    GROUP BY p.id, p.token, p.last_chat_number, p.chats_count, p.counted_through ORDER BY p.id`,
  chats: `
    SELECT p.id, p.app_token || '/' || p.number AS name, p.last_message_number AS last_number,
           p.message_count AS counted, p.counted_through = p.last_message_number AS settled,
           count(c.id)::int AS rows, coalesce(max(c.number), 0) AS highest,
           count(c.id) FILTER (WHERE NOT c.void)::int AS visible
    FROM (SELECT chats.* FROM chats JOIN applications a ON a.token = app_token AND a.deleted_at IS NULL
          WHERE chats.id > $1 ORDER BY chats.id LIMIT $2) p
    LEFT JOIN messages c ON c.chat_id = p.id
    GROUP BY p.id, p.app_token, p.number, p.last_message_number, p.message_count, p.counted_through ORDER BY p.id`,
};

type Row = Drift & { settled: boolean };

/** Dense: as many rows as numbers given out, the highest of them the last. Counted: what can be seen. */
const agrees = ({ last_number, rows, highest, counted, visible, settled }: Row): boolean =>
  rows === last_number && highest === last_number && (!settled || counted === visible);

/** One statement, so one snapshot: children and their parent's numbers are committed together. */
export async function auditSlice(
  db: Queryable,
  kind: AuditKind,
  after: number,
  size: number,
): Promise<AuditSlice> {
  const rows = (await db.query(slices[kind], [after, size])).rows as unknown as Row[];
  return {
    audited: rows.length,
    last: rows.length < size ? null : (rows.at(-1)?.id ?? null),
    drift: rows.filter((row) => !agrees(row)).map(({ settled: _, ...drift }) => ({ ...drift, kind })),
  };
}
