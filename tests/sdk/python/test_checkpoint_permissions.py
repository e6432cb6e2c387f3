"""Which projects may use a tuned model: said with an admin key, and with no other."""

import openai
import pytest

from test_families import gone, ids
from test_organization import admin  # noqa: F401  (a fixture)
from test_training import upload, wait


@pytest.fixture
def tuned(admin):  # noqa: F811
    """The name of a model that was tuned."""
    jobs = admin.fine_tuning.jobs
    job = jobs.create(model="gpt-4o-mini-2024-07-18", training_file=upload(admin, 10).id)
    return wait(lambda: jobs.retrieve(job.id), "succeeded", "failed").fine_tuned_model


def test_permissions_from_create_to_delete(admin, tuned):  # noqa: F811
    projects = [admin.admin.organization.projects.create(name=f"p{number}") for number in range(3)]
    permissions = admin.fine_tuning.checkpoints.permissions
    with pytest.raises(openai.PermissionDeniedError):
        permissions.create(tuned, project_ids=[projects[0].id])
    with pytest.raises(openai.PermissionDeniedError):
        permissions.list(tuned)

    permissions = admin.with_options(api_key=admin.admin_api_key).fine_tuning.checkpoints.permissions
    given = permissions.create(tuned, project_ids=ids(projects)).data
    assert [one.project_id for one in given] == ids(projects)
    page = permissions.list(tuned, limit=2, order="ascending")
    assert ids(page.data) == ids(given[:2]) and page.has_more
    rest = permissions.list(tuned, limit=2, order="ascending", after=page.last_id)
    assert ids(rest.data) == [given[2].id] and not rest.has_more
    theirs = permissions.list(tuned, project_id=projects[1].id)
    assert ids(theirs.data) == [given[1].id]
    assert permissions.delete(given[0].id, fine_tuned_model_checkpoint=tuned).deleted
    assert given[0].id not in ids(permissions.list(tuned).data)
    gone(permissions.delete, given[0].id, fine_tuned_model_checkpoint=tuned)
    gone(permissions.create, "ft:gpt-4o-mini-2024-07-18:nobody::none", project_ids=ids(projects))
