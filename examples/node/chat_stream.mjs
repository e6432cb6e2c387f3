// Streams a chat answer with the SDK's stream helper.
//
// Run:  fakeai server          (in another terminal)
//       npm install openai
//       node examples/node/chat_stream.mjs

import OpenAI from 'openai';

const client = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:8000/v1',
  apiKey: 'any', // any key will do while the server has none of its own
});

const stream = client.chat.completions.stream({
  model: 'gpt-4o',
  messages: [{ role: 'user', content: 'Why do lighthouses blink?' }],
  stream_options: { include_usage: true },
});
stream.on('content', (delta) => process.stdout.write(delta));

const usage = await stream.totalUsage();
console.log(`\n\n${usage.completion_tokens} tokens for ${usage.prompt_tokens} of prompt`);
