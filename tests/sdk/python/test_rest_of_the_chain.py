"""Steps of a family's life that no other scenario takes: pages of what lies below other objects, and
what is there no more once they are gone."""

import io

import openai
import pytest

from test_families import gone, ids
from test_members import organization, owner, project  # noqa: F401  (fixtures)
from test_organization import admin  # noqa: F401  (a fixture)
from test_organization_settings import MAIL, MONEY, certificate  # noqa: F401  (a fixture)
from test_training import make_eval


def test_what_lies_below_goes_with_it(world):
    thread = world.beta.threads.create(messages=[{"role": "user", "content": "Hi."}])
    message = world.beta.threads.messages.list(thread.id).data[0]
    assert world.beta.threads.delete(thread.id).deleted
    gone(world.beta.threads.retrieve, thread.id)
    gone(world.beta.threads.update, thread.id, metadata={})
    gone(world.beta.threads.delete, thread.id)
    gone(world.beta.threads.messages.list, thread.id)
    gone(world.beta.threads.messages.retrieve, message.id, thread_id=thread.id)

    response = world.responses.create(model="gpt-4o", input="Hi.")
    world.responses.delete(response.id)
    gone(world.responses.input_items.list, response.id)
    gone(world.responses.cancel, response.id)
    gone(world.responses.delete, response.id)

    store = world.vector_stores.create()
    file = world.files.create(file=("a.txt", b"The apple is red."), purpose="assistants")
    batch = world.vector_stores.file_batches.create_and_poll(store.id, file_ids=[file.id])
    within = {"vector_store_id": store.id}
    gone(world.vector_stores.file_batches.retrieve, "vsfb_none", **within)
    gone(world.vector_stores.file_batches.list_files, "vsfb_none", **within)
    world.vector_stores.delete(store.id)
    gone(world.vector_stores.file_batches.retrieve, batch.id, **within)
    gone(world.vector_stores.file_batches.list_files, batch.id, **within)
    gone(world.vector_stores.files.retrieve, file.id, **within)
    assert world.files.retrieve(file.id).bytes == 17

    evaluation = make_eval(world)
    assert world.evals.retrieve(evaluation.id).to_dict() == evaluation.to_dict()
    world.evals.delete(evaluation.id)
    gone(world.evals.retrieve, evaluation.id)
    gone(world.evals.update, evaluation.id, name="x")
    gone(world.evals.runs.list, evaluation.id)

    gone(world.uploads.parts.create, "upload_none", data=io.BytesIO(b"x"))
    gone(world.uploads.cancel, "upload_none")
    gone(world.fine_tuning.jobs.list_events, "ftjob-none")
    gone(world.fine_tuning.jobs.checkpoints.list, "ftjob-none")
    gone(world.videos.get_character, "char_none")


def test_a_cursor_of_what_was_deleted_is_refused(world):
    lists = [
        (world.files, lambda name: world.files.create(file=(f"{name}.txt", b"x"), purpose="user_data")),
        (world.vector_stores, lambda name: world.vector_stores.create(name=name)),
        (world.containers, lambda name: world.containers.create(name=name)),
        (world.beta.assistants, lambda name: world.beta.assistants.create(model="gpt-4o", name=name)),
        (world.evals, lambda name: make_eval(world, name)),
    ]
    for family, make in lists:
        one, other = make("one"), make("two")
        assert ids(family.list(after=one.id, order="asc").data) == [other.id]
        family.delete(one.id)
        with pytest.raises(openai.APIStatusError) as refused:
            family.list(after=one.id, order="asc")
        assert refused.value.status_code in (400, 404)
        assert other.id in ids(family.list().data)


def test_pages_below_a_project(organization, project, owner):  # noqa: F811
    projects = organization.projects
    groups = [organization.groups.create(name=f"g{number}") for number in range(3)]
    role = projects.roles.list(project.id).data[0]
    for group in groups:
        projects.groups.create(project.id, group_id=group.id, role=role.id)
    page = projects.groups.list(project.id, limit=2)
    assert len(page.data) == 2 and page.has_more
    assert {one.group_id for one in projects.groups.list(project.id, limit=2)} == set(ids(groups))

    accounts = [projects.service_accounts.create(project.id, name=f"bot {number}") for number in range(3)]
    assert ids(projects.service_accounts.list(project.id, limit=1)) == ids(accounts)
    assert projects.users.retrieve(owner.id, project_id=project.id).id == owner.id
    people = projects.users.list(project.id, limit=1)
    assert ids(people.data) == [owner.id] and not people.has_more
    assert ids(projects.users.list(project.id, after=owner.id)) == []

    alert = projects.spend_alerts.create(project.id, **MONEY, notification_channel=MAIL, threshold_amount=5)
    assert projects.spend_alerts.retrieve(alert.id, project_id=project.id) == alert
    gone(projects.spend_alerts.retrieve, "alert_none", project_id=project.id)
    own = projects.roles.create(project.id, role_name="Helper", permissions=["api.model.read"])
    projects.roles.delete(own.id, project_id=project.id)
    gone(projects.roles.retrieve, own.id, project_id=project.id)
    gone(projects.roles.update, own.id, project_id=project.id, role_name="x")

    projects.archive(project.id)
    with pytest.raises(openai.BadRequestError):
        projects.service_accounts.create(project.id, name="late")


def test_pages_of_users_of_a_group_and_of_certificates(organization, owner, certificate):  # noqa: F811
    group = organization.groups.create(name="team")
    organization.groups.users.create(group.id, user_id=owner.id)
    page = organization.groups.users.list(group.id, limit=1)
    assert ids(page.data) == [owner.id] and not page.has_more
    made = organization.certificates.create(certificate=certificate, name="ours")
    with pytest.raises(openai.BadRequestError):
        organization.certificates.create(certificate="no certificate", name="other")
    assert ids(organization.certificates.list(limit=1, order="asc").data) == [made.id]
    assert ids(organization.certificates.list(after=made.id)) == []
    organization.certificates.delete(made.id)
    gone(organization.certificates.update, made.id, name="x")
