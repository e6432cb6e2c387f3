// Portkey's gateway in front of FakeAI, used with the official SDK. On Node 20 it fails by itself on
// what it passes unchanged (streams, vectors): it adds to headers that can't be added to.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { baseURL, keyedURL } from './setup.mjs';

let gateway;
let url;

const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

before(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}/v1`;
  // It looks for the address of the upstream among these.
  const env = { ...process.env, TRUSTED_CUSTOM_HOSTS: '127.0.0.1,localhost' };
  gateway = spawn('node', ['node_modules/@portkey-ai/gateway/build/start-server.js', '--headless', `--port=${port}`], { env, stdio: 'ignore' });
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
    if (answer) break;
    assert.ok(tries < 100 && gateway.exitCode === null, 'the gateway does not start');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});
after(() => gateway.kill());

const through = (host, apiKey = 'sk-any', more = {}) =>
  new OpenAI({ baseURL: url, apiKey, maxRetries: 0, defaultHeaders: { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': host, ...more } });

test('answers, tools and responses pass', async () => {
  const client = through(baseURL);
  const messages = [{ role: 'user', content: 'What is the weather in Paris?' }];
  const plain = await client.chat.completions.create({ model: 'gpt-4o', messages });
  assert.ok(plain.choices[0].message.content);
  const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }];
  const call = await client.chat.completions.create({ model: 'gpt-4o', messages, tools });
  assert.equal(call.choices[0].message.tool_calls[0].function.arguments, '{"city":"Paris"}');
  assert.ok((await client.responses.create({ model: 'gpt-4.1', input: 'Hi' })).output_text);
});

test('errors pass, and the gateway tries again', async () => {
  await assert.rejects(through(keyedURL, 'sk-wrong').chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] }), { status: 401 });
  const config = JSON.stringify({ retry: { attempts: 5, on_status_codes: [500] } });
  // What is left after its attempts is the client's to try again.
  const shaky = through(process.env.FAKEAI_FAULTY_BASE_URL, 'sk-any', { 'x-portkey-config': config }).withOptions({ maxRetries: 8 });
  const answer = await shaky.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] });
  assert.ok(answer.choices[0].message.content);
});
