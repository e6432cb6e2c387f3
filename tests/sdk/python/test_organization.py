"""The organisation's administration with the SDK: projects, keys that authenticate, groups, roles,
audit logs, usage and costs."""

import time

import openai
import pytest

from conftest import address

KEY = "sk-right-key"


def ask(text="Hi."):
    return [{"role": "user", "content": text}]


@pytest.fixture
def admin(request):
    """A client of a fresh world of the server that wants keys, with an admin key of its own."""
    name = request.node.name.replace("[", "-").replace("]", "")
    origin = address("FAKEAI_KEYED_BASE_URL").replace("/v1", f"/w/{name}")
    with openai.OpenAI(base_url=f"{origin}/v1", api_key=KEY, admin_api_key=KEY, max_retries=0, timeout=30) as client:
        client.post(f"{origin}/_fakeai/reset", cast_to=object)
        # As long as there is no admin key, an ordinary one makes the first.
        first = client.admin.organization.admin_api_keys.create(name="first")
        assert first.value.startswith("sk-admin-")
        yield client.with_options(admin_api_key=first.value)


def test_a_projects_key_works_until_it_is_archived(admin):
    organization = admin.admin.organization
    made = [organization.projects.create(name=f"p{number}") for number in range(3)]
    listed = [project.id for project in organization.projects.list(limit=2)]
    assert listed[1:] == [project.id for project in made]
    project = organization.projects.retrieve(made[0].id)
    assert organization.projects.update(project.id, name="renamed").name == "renamed"

    account = organization.projects.service_accounts.create(project.id, name="bot")
    bot = admin.with_options(api_key=account.api_key.value)
    assert bot.chat.completions.create(model="gpt-4o", messages=ask()).choices
    shown = organization.projects.api_keys.retrieve(account.api_key.id, project_id=project.id)
    assert shown.last_used_at and shown.owner.service_account.id == account.id
    assert account.api_key.value not in shown.to_json()

    with pytest.raises(openai.AuthenticationError) as caught:
        bot.with_options(project=made[1].id).models.list()
    assert caught.value.code == "mismatched_project"
    assert bot.with_options(project=project.id).models.list().data

    gone = organization.projects.archive(project.id)
    assert gone.status == "archived"
    with pytest.raises(openai.AuthenticationError) as caught:
        bot.models.list()
    assert caught.value.code == "not_authorized_invalid_project"
    with pytest.raises(openai.BadRequestError) as caught:
        organization.projects.update(project.id, name="again")
    assert caught.value.code == "project_archived"
    assert project.id not in [found.id for found in organization.projects.list()]
    assert project.id in [found.id for found in organization.projects.list(include_archived=True)]
    with pytest.raises(openai.NotFoundError):
        organization.projects.retrieve("proj_none")


def test_a_deleted_key_stops_working_at_once(admin):
    organization = admin.admin.organization
    project = organization.projects.create(name="p")
    account = organization.projects.service_accounts.create(project.id, name="bot")
    second = organization.projects.service_accounts.api_keys.create(account.id, project_id=project.id, name="second")
    bot = admin.with_options(api_key=second.value)
    assert bot.models.list().data
    organization.projects.service_accounts.delete(account.id, project_id=project.id)
    with pytest.raises(openai.AuthenticationError) as caught:
        bot.models.list()
    assert caught.value.code == "invalid_api_key"


def test_each_kind_of_key_opens_its_own(admin):
    with pytest.raises(openai.PermissionDeniedError) as caught:
        admin.with_options(admin_api_key=KEY).admin.organization.projects.list()
    assert "api.management.read" in caught.value.message
    with pytest.raises(openai.PermissionDeniedError) as caught:
        admin.with_options(admin_api_key=KEY).admin.organization.usage.completions(start_time=0)
    assert "api.usage.read" in caught.value.message
    with pytest.raises(openai.PermissionDeniedError) as caught:
        admin.with_options(api_key=admin.admin_api_key).chat.completions.create(model="gpt-4o", messages=ask())
    assert "model.request" in caught.value.message
    keys = admin.admin.organization.admin_api_keys
    second = keys.create(name="second")
    assert keys.retrieve(second.id).redacted_value.endswith(second.value[-3:])
    assert keys.delete(second.id).deleted
    with pytest.raises(openai.AuthenticationError):
        admin.with_options(admin_api_key=second.value).admin.organization.projects.list()


def test_groups_roles_and_invites(admin):
    organization = admin.admin.organization
    owner = organization.users.list().data[0]
    groups = [organization.groups.create(name=f"g{number}") for number in range(3)]
    assert [group.id for group in organization.groups.list(limit=2)] == [group.id for group in groups]
    organization.groups.users.create(groups[0].id, user_id=owner.id)
    assert [user.id for user in organization.groups.users.list(groups[0].id)] == [owner.id]

    role = organization.roles.create(role_name="Keeper", permissions=["api.groups.read"])
    organization.groups.roles.create(groups[0].id, role_id=role.id)
    assert [found.id for found in organization.groups.roles.list(groups[0].id)] == [role.id]
    organization.groups.roles.delete(role.id, group_id=groups[0].id)
    assert list(organization.groups.roles.list(groups[0].id)) == []
    assert organization.roles.delete(role.id).deleted

    invite = organization.invites.create(email="new@example.com", role="reader")
    assert invite.status == "pending" and invite.expires_at > invite.created_at
    assert [found.id for found in organization.invites.list()] == [invite.id]
    assert organization.invites.delete(invite.id).deleted
    with pytest.raises(openai.NotFoundError):
        organization.invites.retrieve(invite.id)


def test_the_audit_logs_tell_what_was_done_by_whom(admin):
    organization = admin.admin.organization
    project = organization.projects.create(name="audited")
    organization.projects.archive(project.id)
    logs = list(organization.audit_logs.list(event_types=["project.created", "project.archived"]))
    assert [log.type for log in logs] == ["project.archived", "project.created"]
    assert logs[0].project.id == project.id
    assert logs[0].actor.api_key.user.email == "owner@example.com"
    none = organization.audit_logs.list(effective_at={"gt": int(time.time()) + 1000})
    assert none.data == []


def test_usage_and_costs_are_those_of_the_answers(admin):
    organization = admin.admin.organization
    start = int(time.time()) // 86400 * 86400
    project = organization.projects.create(name="p")
    account = organization.projects.service_accounts.create(project.id, name="bot")
    bot = admin.with_options(api_key=account.api_key.value)
    answers = [
        client.chat.completions.create(model=model, messages=ask(f"Question {number}."))
        for number, (client, model) in enumerate([(bot, "gpt-4o"), (bot, "gpt-4o-mini"), (admin, "gpt-4o")] * 2)
    ]
    usage = organization.usage.completions(start_time=start)
    (total,) = usage.data[0].results
    assert total.num_model_requests == len(answers)
    assert total.input_tokens == sum(answer.usage.prompt_tokens for answer in answers)
    assert total.output_tokens == sum(answer.usage.completion_tokens for answer in answers)

    usage = organization.usage.completions(start_time=start, group_by=["project_id", "model"], bucket_width="1h", limit=24)
    results = [result for bucket in usage.data for result in bucket.results]
    theirs = [result for result in results if result.project_id == project.id]
    assert sorted(result.num_model_requests for result in theirs) == [2, 2]
    assert {result.model for result in theirs} == {answers[0].model, answers[1].model}
    only = organization.usage.completions(start_time=start, api_key_ids=[account.api_key.id])
    assert only.data[0].results[0].num_model_requests == 4

    costs = organization.usage.costs(start_time=start)
    prices = {answers[0].model: (2.5, 10.0), answers[1].model: (0.15, 0.6)}
    expected = sum(
        (answer.usage.prompt_tokens * prices[answer.model][0] + answer.usage.completion_tokens * prices[answer.model][1])
        / 1e6
        for answer in answers
    )
    assert costs.data[0].results[0].amount.value == pytest.approx(expected)
    items = organization.usage.costs(start_time=start, group_by=["line_item"]).data[0].results
    assert sum(item.amount.value for item in items) == pytest.approx(expected)
    assert f"{answers[0].model}, input" in [item.line_item for item in items]


def test_projects_keep_their_objects_apart(admin):
    organization = admin.admin.organization
    projects = [organization.projects.create(name=name) for name in ("mine", "theirs")]
    accounts = [organization.projects.service_accounts.create(project.id, name="bot") for project in projects]
    mine, theirs = (admin.with_options(api_key=account.api_key.value) for account in accounts)

    file = mine.files.create(file=("notes.txt", b"The river is called Brun."), purpose="user_data")
    store = mine.vector_stores.create(name="notes")
    mine.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id, poll_interval_ms=20)
    response = mine.responses.create(model="gpt-4o", input="Hi.")
    conversation = mine.conversations.create()
    assistant = mine.beta.assistants.create(model="gpt-4o")
    assert [found.id for found in mine.files.list()] == [file.id]
    assert mine.vector_stores.search(store.id, query="river").data[0].file_id == file.id

    for stranger in (theirs, admin):
        assert not list(stranger.files.list()) and not list(stranger.vector_stores.list())
        assert not list(stranger.beta.assistants.list())
        for call in (
            lambda: stranger.files.retrieve(file.id),
            lambda: stranger.files.content(file.id),
            lambda: stranger.files.delete(file.id),
            lambda: stranger.vector_stores.update(store.id, name="theirs"),
            lambda: stranger.vector_stores.search(store.id, query="river"),
            lambda: stranger.responses.retrieve(response.id),
            lambda: stranger.responses.delete(response.id),
            lambda: stranger.conversations.items.list(conversation.id),
            lambda: stranger.beta.assistants.delete(assistant.id),
            lambda: stranger.beta.threads.create_and_run(assistant_id=assistant.id),
        ):
            with pytest.raises(openai.NotFoundError):
                call()
        told = []
        for previous in (response.id, "resp_" + "0" * 48):
            with pytest.raises(openai.BadRequestError) as caught:
                stranger.responses.create(model="gpt-4o", input="And?", previous_response_id=previous)
            told.append((caught.value.code, caught.value.message.replace(previous, "ID")))
        assert told[0] == told[1]
    assert mine.responses.create(model="gpt-4o", input="And?", previous_response_id=response.id).output_text
    assert mine.files.retrieve(file.id).filename == "notes.txt"
