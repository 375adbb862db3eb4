import { expect } from 'chai';
import { docsRoutes } from '../../src/http/routes/docs.ts';
import { page } from './routes.ts';
import { type Served, serve } from './serve.ts';

const BASE = '/chat';

describe('the docs page', () => {
  let served: Served;
  before(async () => {
    served = await serve(docsRoutes([page], { version: '1.2.3', basePath: BASE }), { BASE_PATH: BASE });
  });
  after(() => served.close());

  const get = (path: string, headers = {}) => fetch(served.url + path, { headers });

  for (const path of [`${BASE}/docs`, `${BASE}/docs/`])
    it(`at ${path} loads only files of this server, which are there`, async () => {
      const html = await (await get(path)).text();
      const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link!);
      expect(links).to.have.length(4);
      for (const link of links) {
        expect(link).to.match(/^\/chat\/docs\/[\w.-]+$/);
        const file = await get(link);
        expect(file.status, link).to.equal(200);
        expect(file.headers.get('content-type')).to.match(/^(text\/(css|javascript)|image\/png)/);
      }
    });

  it('has no inline script or style, and a policy that allows none and no other host', async () => {
    const response = await get(`${BASE}/docs`);
    const html = await response.text();
    expect(html).not.to.match(/<style|style=|<script>|\son\w+=|https?:/);
    const policy = response.headers.get('content-security-policy')!;
    expect(policy).to.match(/^default-src 'none'; script-src 'self'; style-src 'self'/);
    expect(policy).not.to.match(/unsafe|\*|https?:/);
    expect(response.headers.get('x-frame-options')).to.equal('DENY');
  });

  it('asks nobody to validate the document, and finds it below the base path', async () => {
    const script = await (await get(`${BASE}/docs/initializer.js`)).text();
    expect(script).to.include("url: '/chat/openapi.json'").and.to.include('validatorUrl: null');
    expect((await get(`${BASE}/openapi.json`)).status).to.equal(200);
  });

  it('lets its files be kept, and answers 304 to who has them', async () => {
    const first = await get(`${BASE}/docs/swagger-ui.css`);
    expect(first.headers.get('cache-control')).to.equal('public, max-age=3600');
    const again = await get(`${BASE}/docs/swagger-ui.css`, { 'if-none-match': first.headers.get('etag') });
    expect(again.status).to.equal(304);
    expect(await again.text()).to.equal('');
  });

  for (const file of [
    'package.json',
    'swagger-ui-bundle.js.map',
    'index.html',
    '..%2fkoa%2fpackage.json',
    '%2e%2e',
  ])
    it(`serves nothing else of the package: ${file}`, async () => {
      expect((await get(`${BASE}/docs/${file}`)).status).to.equal(404);
    });
});
