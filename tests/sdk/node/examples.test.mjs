// The examples for Node do what they say. They are copied beside this file, where the packages are.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { baseURL } from './setup.mjs';

function run(name) {
  const env = { ...process.env, OPENAI_BASE_URL: baseURL };
  return execFileSync(process.execPath, [`examples/${name}`], { env, encoding: 'utf8', timeout: 60_000 });
}

test('chat_stream.mjs', () => {
  assert.match(run('chat_stream.mjs'), /\n\d+ tokens for \d+ of prompt\n$/);
});

test('structured_zod.mjs', () => {
  assert.match(run('structured_zod.mjs'), /stops: \[/);
});
