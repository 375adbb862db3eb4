import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import { buildOpenApi } from '../../src/http/openapi.ts';
import { anything, application, chat, createChat, echo, optional, page, refused, whoami } from './routes.ts';
import type { Answer } from './serve.ts';

const routes = [anything, application, chat, createChat, echo, optional, page, refused, whoami];

describe('the OpenAPI document', () => {
  const document: Answer = buildOpenApi(routes, { version: '1.2.3', basePath: '/chat' });
  const codesOf = (response: Answer) =>
    response.content['application/problem+json'].schema.allOf[1].properties.code.enum;

  it('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(structuredClone(document));
    expect(result.errors, JSON.stringify(result.errors)).to.equal(undefined);
    expect(result.valid).to.equal(true);
    expect(document.openapi).to.match(/^3\.1/);
  });

  it('knows version, base path, bearer and the tags', () => {
    expect(document.info.version).to.equal('1.2.3');
    expect(document.servers).to.deep.equal([{ url: '/chat' }]);
    expect(document.components.securitySchemes.bearer.scheme).to.equal('bearer');
    expect(document.tags).to.deep.equal([{ name: 'Tests' }]);
  });

  it('shows bodies closed, as they are checked', () => {
    const { schema } = document.paths['/echo'].post.requestBody.content['application/json'];
    expect(schema.additionalProperties).to.equal(false);
    expect(schema.properties.inner.additionalProperties).to.equal(false);
    expect(document.paths['/optional'].post.requestBody.required).to.equal(false);
  });

  it('names every operation once', () => {
    const operations: Answer[] = Object.values(document.paths).flatMap((item) =>
      Object.values(item as object),
    );
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids).to.include('getApplicationsByTokenChatsByNumber');
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it('lists the parameters of path, query and headers', () => {
    const { parameters } = document.paths['/page'].get;
    expect(parameters[0]).to.include({ name: 'q', in: 'query', required: false });
    expect(parameters.find(({ name }: Answer) => name === 'limit')).to.include({ required: false });
    const path = document.paths['/applications/{token}/chats/{number}'].get.parameters;
    expect(path.slice(0, 2).map(({ name }: Answer) => name)).to.deep.equal(['token', 'number']);
    const key = { $ref: '#/components/parameters/IdempotencyKey' };
    expect(document.paths['/echo'].post.parameters).to.deep.include(key);
    expect(path).not.to.deep.include(key);
  });

  it('lists the problems that can occur, by status', () => {
    const { responses } = document.paths['/applications/{token}/chats'].post;
    expect(Object.keys(responses)).to.have.members([
      '200',
      '400',
      '401',
      '403',
      '404',
      '413',
      '414',
      '415',
      '422',
      '429',
      '500',
      '503',
    ]);
    expect(codesOf(responses[400])).to.have.members(['validation_failed', 'invalid_json']);
    expect(document.paths['/whoami'].get.responses).not.to.have.property('403');
  });
});
