import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { problems } from '../../src/lib/errors.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** The rows of the document's tables, table by table. */
function tablesOf(document: string): { code: string; status: number; title: string; when: string }[][] {
  return document
    .split(/^\|---.*\|$/m)
    .slice(1)
    .map((part) =>
      [...part.matchAll(/^\| `(\w+)` \| (\d{3}) \| (.+?) \| (.+?) \|$/gm)].map(
        ([, code, status, title, when]) => ({
          ...{ code: code!, status: Number(status), title: title! },
          when: when!,
        }),
      ),
    );
}

describe('docs/errors.md', () => {
  const [ours = [], parsers = []] = tablesOf(read('docs/errors.md'));

  it('lists the table of src/lib/errors.ts, row for row', () => {
    expect(ours.map(({ code, status, title }) => ({ code, status, title }))).to.deep.equal(
      Object.entries(problems).map(([code, rest]) => ({ code, ...rest })),
    );
  });

  it('lists what the parser answers', () => {
    const source = read('src/http/server-limits.ts');
    const declared = [...source.matchAll(/status: (\d+),\s*code: '(\w+)',\s*title: '([^']+)'/g)].map(
      ([, status, code, title]) => ({ code: code!, status: Number(status), title: title! }),
    );
    expect(declared.length).to.be.at.least(4);
    expect(parsers.map(({ code, status, title }) => ({ code, status, title }))).to.have.deep.members(
      declared,
    );
  });

  it('says of each when it comes', () => {
    for (const { code, when } of [...ours, ...parsers]) expect(when, code).to.match(/^\S.{10,}\.$/);
  });

  it('names the limits that hold', () => {
    const found = (path: string, name: string) => {
      const [, value = ''] = new RegExp(`${name}\\b[ :=]+([\\d_]+)`).exec(read(path)) ?? [];
      return Number(value.replaceAll('_', ''));
    };
    const document = read('docs/errors.md');
    for (const name of ['MAX_URL', 'MAX_QUERY'])
      expect(document).to.contain(found('src/http/middleware/check-uri.ts', name).toLocaleString('en'));
    expect(found('src/http/read-body.ts', 'MAX_BODY')).to.equal(2 ** 20);
    expect(found('src/http/server-limits.ts', 'maxHeaderSize')).to.equal(16 * 1024);
  });
});
