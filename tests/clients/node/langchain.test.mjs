// `@langchain/openai`: answers, streams, tools, structured output, embeddings.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { z } from 'zod';
import { baseURL, keyedURL } from './setup.mjs';

const multiply = tool(async ({ a, b }) => String(a * b), {
  name: 'multiply',
  description: 'Multiply two numbers.',
  schema: z.object({ a: z.number(), b: z.number() }),
});

for (const useResponsesApi of [false, true]) {
  const model = new ChatOpenAI({ model: 'gpt-4o', apiKey: 'sk-any', configuration: { baseURL }, useResponsesApi, maxRetries: 0 });
  test(`responses ${useResponsesApi}: answers, streams, tools and types`, async () => {
    const plain = await model.invoke('How do tides work?');
    let whole;
    for await (const chunk of await model.stream('How do tides work?')) whole = whole ? whole.concat(chunk) : chunk;
    assert.equal(whole.text, plain.text);
    assert.equal(whole.usage_metadata.output_tokens, plain.usage_metadata.output_tokens);
    const bound = model.bindTools([multiply]);
    const asked = [new HumanMessage('What is 6 times 7? Use multiply.')];
    const answer = await bound.invoke(asked);
    assert.deepEqual(answer.tool_calls.map(({ name, args }) => [name, args]), [['multiply', { a: 6, b: 7 }]]);
    const end = await bound.invoke([...asked, answer, new ToolMessage({ content: '42', tool_call_id: answer.tool_calls[0].id })]);
    assert.match(end.text, /42/);
    const typed = model.withStructuredOutput(z.object({ name: z.string(), age: z.number() }));
    assert.deepEqual(await typed.invoke('Jane Doe is 34 years old.'), { name: 'Jane Doe', age: 34 });
  });
}

test('embeddings and errors', async () => {
  const vectors = await new OpenAIEmbeddings({ model: 'text-embedding-3-small', apiKey: 'x', configuration: { baseURL } }).embedDocuments(['a', 'b']);
  assert.deepEqual([vectors.length, vectors[0].length], [2, 1536]);
  const wrong = new ChatOpenAI({ model: 'gpt-4o', apiKey: 'sk-wrong', configuration: { baseURL: keyedURL }, maxRetries: 0 });
  await assert.rejects(wrong.invoke('Hello'), { status: 401 });
});
