"""Fine-tuning, its models, graders and evaluations, on a server whose clock jumps to what is due."""

import json
import time

import openai
import pytest

from conftest import address

PAGE = {"type": "string_check", "name": "Same", "operation": "eq"}


@pytest.fixture(scope="module")
def virtual():
    """A client of the server on a virtual clock; nothing takes long there."""
    url = address("FAKEAI_VIRTUAL_BASE_URL")
    with openai.OpenAI(base_url=url, api_key="sk-any", max_retries=0, timeout=60) as client:
        yield client


def lines(count):
    def example(number):
        return {
            "messages": [
                {"role": "user", "content": f"What is {number} + {number}?"},
                {"role": "assistant", "content": f"It is {2 * number}."},
            ]
        }

    return "\n".join(json.dumps(example(number)) for number in range(count)).encode()


def wait(look, *ends):
    for _ in range(600):
        found = look()
        if found.status in ends:
            return found
        time.sleep(0.05)
    raise AssertionError(f"it stays {found.status}")


def upload(client, count, purpose="fine-tune"):
    return client.files.create(file=("train.jsonl", lines(count)), purpose=purpose)


def test_a_tuned_model_is_made_used_and_deleted(virtual):
    training, validation = upload(virtual, 12), upload(virtual, 3)
    made = [
        virtual.fine_tuning.jobs.create(
            model="gpt-4o-mini",
            training_file=training.id,
            validation_file=validation.id,
            suffix="sums",
            seed=number,
            metadata={"number": str(number)},
            method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 4}}},
        )
        for number in range(3)
    ]
    assert {job.status for job in made} == {"validating_files"}
    listed = [job.id for job in virtual.fine_tuning.jobs.list(limit=2)]
    assert listed[:3] == [job.id for job in reversed(made)]
    chosen = virtual.fine_tuning.jobs.list(metadata={"number": "1"})
    assert [job.id for job in chosen] == [made[1].id]
    virtual.fine_tuning.jobs.cancel(made[2].id)

    jobs = virtual.fine_tuning.jobs
    done = wait(lambda: jobs.retrieve(made[0].id), "succeeded", "failed")
    assert done.status == "succeeded", done.error
    assert done.hyperparameters.n_epochs == 4
    assert done.trained_tokens % 4 == 0
    words = [event.message for event in jobs.list_events(done.id, limit=10)]
    assert words[0] == "The job has successfully completed"
    assert words[-1] == f"Created fine-tuning job: {done.id}"
    measured = [event for event in jobs.list_events(done.id) if event.type == "metrics"]
    assert [event.data["step"] for event in reversed(measured)] == list(range(1, 49))
    checkpoints = list(jobs.checkpoints.list(done.id, limit=1))
    assert [checkpoint.step_number for checkpoint in checkpoints] == [48, 36, 24]
    assert virtual.files.retrieve(done.result_files[0]).purpose == "fine-tune-results"
    table = virtual.files.content(done.result_files[0]).text.splitlines()
    assert table[0].startswith("step,train_loss,train_accuracy") and len(table) == 49

    model = done.fine_tuned_model
    assert model.startswith("ft:gpt-4o-mini-2024-07-18:") and ":sums:" in model
    for name in (model, checkpoints[1].fine_tuned_model_checkpoint):
        assert name in [listed.id for listed in virtual.models.list()]
        assert virtual.models.retrieve(name).id == name
        said = virtual.chat.completions.create(model=name, messages=[{"role": "user", "content": "2 + 2?"}])
        assert said.model == name
    grown = jobs.create(model=model, training_file=training.id)
    assert wait(lambda: jobs.retrieve(grown.id), "succeeded", "failed").status == "succeeded"

    permissions = virtual.fine_tuning.checkpoints.permissions
    given = permissions.create(model, project_ids=["proj_a", "proj_b"]).data
    assert len(given) == 2
    assert permissions.delete(given[0].id, fine_tuned_model_checkpoint=model).deleted

    assert virtual.models.delete(model).deleted
    assert model not in [listed.id for listed in virtual.models.list()]
    pytest.raises(openai.NotFoundError, virtual.models.retrieve, model)
    with pytest.raises(openai.NotFoundError):
        virtual.chat.completions.create(model=model, messages=[{"role": "user", "content": "hi"}])
    with pytest.raises(openai.PermissionDeniedError):
        virtual.models.delete("gpt-4o")


def test_jobs_that_cannot_succeed_say_why(virtual):
    few = upload(virtual, 3)
    job = virtual.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=few.id)
    failed = wait(lambda: virtual.fine_tuning.jobs.retrieve(job.id), "failed", "succeeded")
    assert failed.error.code == "invalid_n_examples"
    assert failed.error.param == "training_file"
    assert failed.error.message == "Training file has 3 example(s), but must have at least 10 examples"
    with pytest.raises(openai.BadRequestError) as refused:
        virtual.fine_tuning.jobs.create(model="gpt-5", training_file=few.id)
    assert refused.value.code == "model_not_available"
    with pytest.raises(openai.BadRequestError) as refused:
        virtual.fine_tuning.jobs.create(model="gpt-4o", training_file="file-nowhere")
    assert refused.value.param == "training_file"
    pytest.raises(openai.NotFoundError, virtual.fine_tuning.jobs.retrieve, "ftjob-nowhere")


def test_a_job_is_paused_and_resumed(virtual):
    job = virtual.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=upload(virtual, 10).id)
    jobs = virtual.fine_tuning.jobs
    assert jobs.pause(job.id).status == "paused"
    assert jobs.retrieve(job.id).status == "paused"
    assert jobs.resume(job.id).status in ("validating_files", "queued")
    assert wait(lambda: jobs.retrieve(job.id), "succeeded", "failed").status == "succeeded"
    pytest.raises(openai.BadRequestError, jobs.cancel, job.id)


def test_graders_run_on_texts_and_ask_models(client):
    graders = client.fine_tuning.alpha.graders
    same = {**PAGE, "input": "{{sample.output_json.city}}", "reference": "{{item.city}}"}
    assert graders.validate(grader=same).grader.name == "Same"
    ran = graders.run(grader=same, item={"city": "Paris"}, model_sample='{"city": "Paris"}')
    assert ran.reward == 1.0
    question = [{"role": "user", "content": "Rate this from 1 to 5: {{sample.output_text}}"}]
    score = {"type": "score_model", "name": "Score", "model": "gpt-4o", "input": question, "range": [1, 5]}
    ran = graders.run(grader=score, item={}, model_sample="A fine answer.")
    assert 1 <= ran.reward <= 5
    assert not any(value is True for value in ran.metadata.errors.model_dump().values())
    usage = ran.model_grader_token_usage_per_model[ran.metadata.sampled_model_name]
    assert usage["prompt_tokens"] > 0
    near = {
        "type": "text_similarity",
        "name": "Near",
        "evaluation_metric": "cosine",
        "input": "{{sample.output_text}}",
        "reference": "{{item.text}}",
    }
    both = {"type": "multi", "name": "Both", "graders": {"a": score, "b": near}, "calculate_output": "a / 5 + b"}
    ran = graders.run(grader=both, item={"text": "A fine answer."}, model_sample="A fine answer.")
    assert ran.sub_rewards["b"] == pytest.approx(1.0, abs=1e-4)
    assert ran.reward == pytest.approx(ran.sub_rewards["a"] / 5 + ran.sub_rewards["b"])
    with pytest.raises(openai.BadRequestError):
        graders.validate(grader={**both, "calculate_output": "a + nobody"})


def make_eval(client, name="Sentiment"):
    return client.evals.create(
        name=name,
        data_source_config={
            "type": "custom",
            "item_schema": {
                "type": "object",
                "properties": {"text": {"type": "string"}, "label": {"type": "string"}},
                "required": ["text", "label"],
            },
            "include_sample_schema": True,
        },
        testing_criteria=[
            {**PAGE, "input": "{{sample.output_text}}", "reference": "{{item.label}}"},
            {
                "type": "label_model",
                "name": "Judge",
                "model": "gpt-4o",
                "input": [{"role": "user", "content": "Good or bad? {{sample.output_text}}"}],
                "labels": ["good", "bad"],
                "passing_labels": ["good", "bad"],
            },
        ],
    )


def test_an_evaluation_samples_grades_and_counts(world):
    evaluation = make_eval(world)
    rows = [{"item": {"text": f"Tell me about {thing}.", "label": "no such answer"}} for thing in "abcde"]
    source = {
        "type": "completions",
        "model": "gpt-4o-mini",
        "source": {"type": "file_content", "content": rows},
        "input_messages": {"type": "template", "template": [{"role": "user", "content": "{{item.text}}"}]},
        "sampling_params": {"max_completion_tokens": 40},
    }
    made = world.evals.runs.create(evaluation.id, name="first", data_source=source)
    assert made.status == "queued"
    run = wait(lambda: world.evals.runs.retrieve(made.id, eval_id=evaluation.id), "completed", "failed")
    assert run.status == "completed", run.error
    assert (run.result_counts.total, run.result_counts.failed, run.result_counts.errored) == (5, 5, 0)
    by_criterion = [(result.passed, result.failed) for result in run.per_testing_criteria_results]
    assert by_criterion == [(0, 5), (5, 0)]
    assert {usage.invocation_count for usage in run.per_model_usage} == {5}
    assert {usage.run_model_name.split("-2024")[0] for usage in run.per_model_usage} == {"gpt-4o", "gpt-4o-mini"}
    items = list(world.evals.runs.output_items.list(made.id, eval_id=evaluation.id, limit=2))
    assert len(items) == 5
    assert items[0].sample.output[0].content
    assert items[0].sample.usage.completion_tokens <= 40
    one = world.evals.runs.output_items.retrieve(items[0].id, eval_id=evaluation.id, run_id=made.id)
    assert one.to_dict() == items[0].to_dict()
    assert not list(world.evals.runs.output_items.list(made.id, eval_id=evaluation.id, status="pass"))

    changed = world.evals.update(evaluation.id, name="Renamed", metadata={"a": "b"})
    assert (changed.name, changed.metadata) == ("Renamed", {"a": "b"})
    other = make_eval(world, "Other")
    assert [found.id for found in world.evals.list(limit=1)] == [evaluation.id, other.id]
    assert [found.id for found in world.evals.list(order_by="updated_at", order="desc")] == [other.id, evaluation.id]
    assert world.evals.runs.delete(made.id, eval_id=evaluation.id).deleted
    with pytest.raises(openai.NotFoundError):
        world.evals.runs.retrieve(made.id, eval_id=evaluation.id)
    assert world.evals.delete(evaluation.id).deleted
    pytest.raises(openai.NotFoundError, world.evals.retrieve, evaluation.id)


def test_stored_completions_are_evaluated(world):
    for topic in ("tides", "moons"):
        world.chat.completions.create(
            model="gpt-4o",
            messages=[{"role": "user", "content": f"Explain {topic}."}],
            store=True,
            metadata={"topic": topic},
        )
    evaluation = world.evals.create(
        data_source_config={"type": "stored_completions", "metadata": {"topic": "tides"}},
        testing_criteria=[{**PAGE, "operation": "ilike", "input": "{{item.input}}", "reference": "TIDES"}],
    )
    source = {"type": "completions", "source": {"type": "stored_completions"}}
    made = world.evals.runs.create(evaluation.id, data_source=source)
    run = wait(lambda: world.evals.runs.retrieve(made.id, eval_id=evaluation.id), "completed", "failed")
    assert (run.result_counts.total, run.result_counts.passed) == (1, 1)
    with pytest.raises(openai.BadRequestError):
        world.evals.runs.cancel(made.id, eval_id=evaluation.id)
