"""As much of `kustomize build` as our manifests use; what they don't use is refused.

Compared with kustomize 5.4.3: the same objects, but for its hashes in the names of generated
configurations.
"""

from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]
_KNOWN = {
    "apiVersion", "kind", "namespace", "resources", "components", "patches", "images",
    "configMapGenerator",
}  # fmt: skip
_MERGE_KEYS = ("name", "mountPath", "containerPort", "topologyKey")


def build(folder: Path) -> list[Object]:
    """The objects of a folder that has a kustomization.yaml."""
    said = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))
    assert said.keys() <= _KNOWN, said.keys() - _KNOWN
    objects: list[Object] = []
    for name in [*said.get("resources", ()), *said.get("components", ())]:
        path = folder / name
        objects += build(path) if path.is_dir() else documents(path)
    for generator in said.get("configMapGenerator", ()):
        _generate(objects, generator, folder)
    for patch in said.get("patches", ()):
        (laid,) = documents(folder / patch["path"])
        del laid["metadata"]["name"]
        for one in objects:
            if one["kind"] == patch["target"]["kind"]:
                one.update(_merged(one, laid))
    for one in objects:
        if "namespace" in said:
            one["metadata"]["namespace"] = said["namespace"]
        for image in said.get("images", ()):
            _name_image(one, image)
    return objects


def documents(path: Path) -> list[Object]:
    return list(yaml.safe_load_all(path.read_text("utf-8")))


def _generate(objects: list[Object], generator: Object, folder: Path) -> None:
    data = dict(line.split("=", 1) for line in generator.get("literals", ()))
    for file in generator.get("files", ()):
        data[Path(file).name] = (folder / file).read_text("utf-8")
    for file in generator.get("envs", ()):
        data |= dict(line.split("=", 1) for line in (folder / file).read_text("utf-8").splitlines())
    there = [o for o in objects if o["kind"] == "ConfigMap"]
    (old,) = [o for o in there if o["metadata"]["name"] == generator["name"]] or [None]
    match generator.get("behavior", "create"), old:
        case "create", None:
            metadata = {"name": generator["name"]}
            objects.append(
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
            )
        case "merge", {"data": before}:
            before.update(data)
        case "replace", {}:
            old["data"] = data
        case said, _:
            raise AssertionError(f"{generator['name']}: nothing to {said}")


def _merged(below: Any, above: Any) -> Any:
    """A strategic merge: lists of things that have a key go together by it."""
    if isinstance(below, dict) and isinstance(above, dict):
        shared = {key: _merged(below[key], above[key]) for key in below.keys() & above.keys()}
        return below | above | shared
    if isinstance(below, list) and (key := _key(below)) is not None and _key(above) == key:
        named = {item[key]: item for item in below}
        for item in above:
            named[item[key]] = _merged(named.get(item[key], {}), item)
        return list(named.values())
    return above


def _key(items: list[Any]) -> str | None:
    return next(
        (k for k in _MERGE_KEYS if items and all(isinstance(i, dict) and k in i for i in items)),
        None,
    )


def _name_image(part: Any, image: Object) -> None:
    if isinstance(part, dict):
        if part.get("image") == image["name"]:
            part["image"] = f"{image['newName']}:{image['newTag']}"
        for value in part.values():
            _name_image(value, image)
    elif isinstance(part, list):
        for value in part:
            _name_image(value, image)
