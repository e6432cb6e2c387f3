// Clients of the server that `cargo xtask check --only sdk-node` starts.

import OpenAI from 'openai';

export const baseURL = process.env.FAKEAI_BASE_URL;
if (!baseURL) throw new Error('FAKEAI_BASE_URL is not set; run `cargo xtask check --only sdk-node`');

// It never tries again, so that no failure is hidden.
export const client = new OpenAI({ baseURL, apiKey: 'sk-any', maxRetries: 0, timeout: 30_000 });

export const ask = (content) => [{ role: 'user', content }];

export async function collect(stream) {
  const all = [];
  for await (const one of stream) all.push(one);
  return all;
}
