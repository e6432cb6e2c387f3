// A realtime session with the official Node SDK, over `ws`.

import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { client } from './setup.mjs';

// The SDK knows `wss:` only, and this server has no certificate.
const options = { createConnection: ({ host, port }) => net.connect({ host, port }) };

/** A session, and the events up to one of a kind. */
async function open() {
  const session = await OpenAIRealtimeWS.create(client, { model: 'gpt-realtime', options });
  const waiting = [];
  let wake = () => {};
  session.on('event', (event) => {
    waiting.push(event);
    wake();
  });
  // An error is an event as any other.
  session.on('error', () => {});
  await new Promise((resolve, reject) => session.socket.once('open', resolve).once('error', reject));
  const until = async (kind) => {
    const events = [];
    for (;;) {
      while (waiting.length === 0) await new Promise((resolve) => (wake = resolve));
      const event = waiting.shift();
      events.push(event);
      if (event.type === kind) return events;
      assert.notEqual(event.type, 'error', JSON.stringify(event));
    }
  };
  return { session, until };
}

const message = (text) => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] });

test('a question is answered aloud, piece by piece', async () => {
  const { session, until } = await open();
  session.send({ type: 'conversation.item.create', item: message('Why is the sky blue?') });
  session.send({ type: 'response.create' });
  const events = await until('response.done');
  const said = events.filter((event) => event.type === 'response.output_audio_transcript.delta');
  const sound = events.filter((event) => event.type === 'response.output_audio.delta');
  const { response } = events.at(-1);
  assert.equal(response.status, 'completed');
  assert.equal(response.output[0].content[0].transcript, said.map((event) => event.delta).join(''));
  const bytes = sound.reduce((sum, event) => sum + Buffer.from(event.delta, 'base64').length, 0);
  assert.ok(Math.abs(bytes / 48000 - response.usage.output_token_details.audio_tokens / 20) < 0.1);
  session.close();
});

test('a mistake is told by its code and ends nothing', async () => {
  const { session, until } = await open();
  await until('session.created');
  session.send({ type: 'input_audio_buffer.commit' });
  const [problem] = await until('error');
  assert.equal(problem.error.code, 'input_audio_buffer_commit_empty');
  session.send({ type: 'response.create', response: { output_modalities: ['text'], input: [message('Hello')] } });
  const events = await until('response.done');
  assert.equal(events.at(-1).response.status, 'completed');
  session.close();
});
