"""Fifty calls at once get what they get one after the other."""

import asyncio


def request(number):
    return {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": f"Tell me something about the number {number}."}],
    }


async def test_calls_at_once_and_in_turn_are_answered_alike(async_client, client):
    async def plain(number):
        answer = await async_client.chat.completions.create(**request(number))
        return answer.choices[0].message.content, answer.usage.completion_tokens

    together = await asyncio.gather(*(plain(number) for number in range(50)))
    for number in range(50):
        alone = client.chat.completions.create(**request(number))
        assert together[number] == (alone.choices[0].message.content, alone.usage.completion_tokens)
    assert len({text for text, _ in together}) > 45


async def test_streams_at_once_do_not_mix(async_client, client):
    async def streamed(number):
        text = ""
        async for chunk in await async_client.chat.completions.create(**request(number), stream=True):
            text += chunk.choices[0].delta.content or ""
        return text

    together = await asyncio.gather(*(streamed(number) for number in range(50)))
    for number in range(0, 50, 7):
        alone = client.chat.completions.create(**request(number))
        assert together[number] == alone.choices[0].message.content


async def test_a_cancelled_call_leaves_the_client_usable(async_client):
    task = asyncio.create_task(async_client.responses.create(model="gpt-4o", input="Never mind."))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await async_client.responses.create(model="gpt-4o", input="Hello?")).output_text
