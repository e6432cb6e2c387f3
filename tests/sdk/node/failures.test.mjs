// What goes wrong, as the official Node SDK tells it: errors, retries, aborts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { ask, baseURL, client } from './setup.mjs';

const hello = { model: 'gpt-4o', messages: ask('Hello.') };

for (const [status, kind] of [
  [401, OpenAI.AuthenticationError],
  [429, OpenAI.RateLimitError],
  [500, OpenAI.InternalServerError],
]) {
  test(`status ${status} becomes ${kind.name}`, async () => {
    const fault = { headers: { 'x-fakeai-fault': String(status) } };
    await assert.rejects(client.chat.completions.create(hello, fault), (error) => {
      assert.ok(error instanceof kind);
      assert.equal(error.status, status);
      assert.ok(error.requestID.startsWith('req_'));
      return true;
    });
  });
}

test('a wrong request is refused with its place', async () => {
  const wrong = { model: 'gpt-4o', messages: [{ role: 'wizard', content: 'Hi.' }] };
  await assert.rejects(client.chat.completions.create(wrong), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.param, 'messages[0].role');
    assert.equal(error.code, 'invalid_value');
    assert.equal(error.type, 'invalid_request_error');
    return true;
  });
});

test('what fails once is tried again', async () => {
  const tries = [];
  const failFirst = async (url, init) => {
    const headers = new Headers(init.headers);
    tries.push(headers.get('x-stainless-retry-count'));
    if (tries.length === 1) headers.set('x-fakeai-fault', '429; retry-after=0.05');
    return fetch(url, { ...init, headers });
  };
  const patient = new OpenAI({ baseURL, apiKey: 'sk-any', fetch: failFirst });
  assert.ok((await patient.chat.completions.create(hello)).choices[0].message.content);
  assert.deepEqual(tries, ['0', '1']);
});

test('an aborted stream leaves the server usable', async () => {
  const stream = await client.chat.completions.create({ ...hello, stream: true });
  for await (const _ of stream) stream.controller.abort();
  assert.ok((await client.embeddings.create({ model: 'text-embedding-3-small', input: 'Hi.' })).data[0].embedding.length);
});
