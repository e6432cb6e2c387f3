"""Agents that libraries write as text, and their prompts with passages: each library's own parser reads
the steps, and every loop ends with what the tool said."""

import dspy
import pytest
from langchain_classic.agents import AgentExecutor, create_react_agent, create_structured_chat_agent
from langchain_classic.agents.mrkl.prompt import FORMAT_INSTRUCTIONS, PREFIX, SUFFIX
from langchain_classic.agents.structured_chat import prompt as structured
from langchain_classic.chains import RetrievalQA, RetrievalQAWithSourcesChain
from langchain_core.documents import Document
from langchain_core.prompts import ChatPromptTemplate, PromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAI
from llama_index.core import Document as LlamaDocument
from llama_index.core import SummaryIndex
from llama_index.core.agent.workflow import ReActAgent
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.llms.openai_like import OpenAILike
from smolagents import CodeAgent, OpenAIServerModel, ToolCallingAgent
from smolagents import tool as smol_tool

WEATHER = "18 degrees and sunny"
TOWER = [
    "The Eiffel Tower was completed in 1889 for a world's fair.",
    "The tower is 330 metres tall. The company of Gustave Eiffel designed it.",
    "The Louvre is the most visited museum in the world.",
]


@tool
def get_weather(city: str) -> str:
    """Tells the weather in a city."""
    return WEATHER if city == "Paris" else f"no such city: {city}"


@tool
def multiply(a: int, b: int) -> int:
    """Multiplies two numbers."""
    return a * b


@pytest.fixture
def llm(base_url):
    return ChatOpenAI(model="gpt-4o", base_url=base_url, api_key="sk-any", max_retries=0)


def ends(agent, tools, question):
    executor = AgentExecutor(agent=agent, tools=tools, max_iterations=4, return_intermediate_steps=True)
    return executor.invoke({"input": question})


@pytest.mark.parametrize("kind", ["chat", "completion"])
def test_langchain_react(base_url, llm, kind):
    if kind == "completion":
        llm = OpenAI(model="gpt-3.5-turbo-instruct", base_url=base_url, api_key="sk-any", max_tokens=200)
    prompt = PromptTemplate.from_template(
        "\n\n".join([PREFIX, "{tools}", FORMAT_INSTRUCTIONS, SUFFIX])
    )
    end = ends(create_react_agent(llm, [get_weather], prompt), [get_weather], "What is the weather in Paris?")
    [(action, told)] = end["intermediate_steps"]
    assert (action.tool, action.tool_input, told) == ("get_weather", "Paris", WEATHER)
    assert WEATHER in end["output"]


def test_langchain_structured_chat(llm):
    system = "\n\n".join([structured.PREFIX, "{tools}", structured.FORMAT_INSTRUCTIONS, structured.SUFFIX])
    prompt = ChatPromptTemplate.from_messages(
        [("system", system), ("human", "{input}\n\n{agent_scratchpad}\n (reminder to respond in a JSON blob no matter what)")]
    )
    agent = create_structured_chat_agent(llm, [get_weather, multiply], prompt)
    end = ends(agent, [get_weather, multiply], "What is 12 times 7?")
    [(action, told)] = end["intermediate_steps"]
    assert (action.tool, action.tool_input, told) == ("multiply", {"a": 12, "b": 7}, 84)
    assert "84" in end["output"]


async def test_llama_index_react(base_url):
    llm = OpenAILike(model="gpt-4o", api_base=base_url, api_key="sk-any", is_chat_model=True, context_window=100000)

    def weather(city: str) -> str:
        """Tells the weather in a city."""
        return WEATHER

    end = await ReActAgent(tools=[weather], llm=llm, streaming=False).run("What is the weather in Paris?", max_iterations=5)
    [call] = end.tool_calls
    assert call.tool_kwargs == {"city": "Paris"} and WEATHER in str(end)


def test_dspy_react(base_url):
    def weather(city: str) -> str:
        """Tells the weather in a city."""
        return WEATHER

    lm = dspy.LM("openai/gpt-4o-mini", api_base=base_url, api_key="sk-any", cache=False)
    with dspy.context(lm=lm):
        end = dspy.ReAct("question -> answer", tools=[weather], max_iters=4)(question="What is the weather in Paris?")
    assert end.trajectory["tool_name_0"] == "weather" and end.trajectory["tool_args_0"] == {"city": "Paris"}
    assert end.trajectory["tool_name_1"] == "finish" and "tool_name_2" not in end.trajectory
    assert WEATHER in end.answer


@pytest.mark.parametrize("kind", [CodeAgent, ToolCallingAgent])
def test_smolagents(base_url, kind):
    @smol_tool
    def weather(city: str) -> str:
        """Tells the weather in a city.

        Args:
            city: The name of the city.
        """
        return WEATHER

    model = OpenAIServerModel(model_id="gpt-4o", api_base=base_url, api_key="sk-any")
    agent = kind(tools=[weather], model=model, max_steps=4, verbosity_level=0)
    assert WEATHER in str(agent.run("What is the weather in Paris?"))
    assert len(agent.memory.steps) <= 4


def test_crewai(base_url):
    from crewai import LLM, Agent, Crew, Task
    from crewai.tools import tool as crew_tool

    @crew_tool("weather")
    def weather(city: str) -> str:
        """Tells the weather in a city."""
        return WEATHER

    llm = LLM(model="openai/gpt-4o", base_url=base_url, api_key="sk-any")
    agent = Agent(role="Forecaster", goal="Tell the weather", backstory="You know it.", llm=llm, tools=[weather], max_iter=4)
    task = Task(description="What is the weather in Paris?", expected_output="The weather", agent=agent)
    assert WEATHER in Crew(agents=[agent], tasks=[task]).kickoff().raw


class Shelf(BaseRetriever):
    """Finds everything."""

    def _get_relevant_documents(self, query, *, run_manager):
        return [Document(text, metadata={"source": f"{place}.txt"}) for place, text in enumerate(TOWER)]


def test_langchain_answers_from_its_context(llm):
    chain = RetrievalQA.from_chain_type(llm, retriever=Shelf())
    assert chain.invoke("How tall is the tower?")["result"] == "The tower is 330 metres tall."
    assert "don't know" in chain.invoke("What is the boiling point of mercury?")["result"]
    chain = RetrievalQAWithSourcesChain.from_chain_type(llm, retriever=Shelf())
    assert chain.invoke("How tall is the tower?")["answer"] == "The tower is 330 metres tall."


def test_llama_index_answers_from_its_context(base_url):
    llm = OpenAILike(model="gpt-4o", api_base=base_url, api_key="sk-any", is_chat_model=True, context_window=100000)
    index = SummaryIndex.from_documents([LlamaDocument(text=text) for text in TOWER])
    for mode in ["compact", "tree_summarize", "refine", "simple_summarize"]:
        said = str(index.as_query_engine(llm=llm, response_mode=mode).query("How tall is the tower?"))
        assert "330 metres" in said, (mode, said)
    said = str(CitationQueryEngine.from_args(index, llm=llm).query("How tall is the tower?"))
    assert said == "The tower is 330 metres tall [2]."


def test_dspy_answers_from_its_context(base_url):
    lm = dspy.LM("openai/gpt-4o-mini", api_base=base_url, api_key="sk-any", cache=False)
    with dspy.context(lm=lm):
        answer = dspy.ChainOfThought("context: list[str], question -> answer")(context=TOWER, question="How tall is the tower?")
    assert answer.answer == "The tower is 330 metres tall."
