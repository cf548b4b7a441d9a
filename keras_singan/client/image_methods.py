"""The client's methods for the family "image (and mask) to image", from the specs."""

import inspect

from keras_singan.client.arguments import request_row
from keras_singan.client.arguments import signature_for
from keras_singan.task_specs import image_tasks


def add_image_methods(client_class):
    """Adds a method for each task of the family to a class; a decorator."""
    for task in image_tasks():
        setattr(client_class, task.name, image_method(task))
    return client_class


def image_method(task):
    """Makes the method of one task.

    Args:
        task: A `keras_singan.task_specs.Task` of the family.

    Returns:
        Function with a signature and a docstring of its own, which asks for one
        PIL image.
    """
    signature = _signature(task)

    def method(self, *args, **kwargs):
        given = signature.bind(self, *args, **kwargs)
        given.apply_defaults()
        values = {
            each.name: given.arguments[each.python_name]
            for each in task.with_options.inputs
        }
        asked = signature_for(task, values)
        return self._image(asked.signature, request_row(asked, values))

    method.__name__, method.__qualname__ = task.name, f"TaskClient.{task.name}"
    method.__signature__, method.__doc__ = signature, _docstring(task)
    return method


def _signature(task):
    """Images by position, the rest by name; what has a default may be left out."""
    images = [each for each in task.inputs if each.is_image or each.is_mask]
    others = [each for each in task.with_options.inputs if each not in images]
    parameters = [
        inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD),
        *(_parameter(each, "POSITIONAL_OR_KEYWORD") for each in images),
        *(_parameter(each, "KEYWORD_ONLY") for each in others),
    ]
    return inspect.Signature(parameters)


def _parameter(each, kind):
    default = None
    if each.is_image:
        default = inspect.Parameter.empty
    elif each.sentinel is None and each.default is not None:
        default = each.default
    kind = getattr(inspect.Parameter, kind)
    return inspect.Parameter(each.python_name, kind, default=default)


def _docstring(task):
    lines = [f"{task.summary} The server does it.", "", "Args:"]
    inputs = task.with_options.inputs
    lines += [f"    {each.python_name}: {_text(each)}" for each in inputs]
    lines += [
        "",
        "Returns:",
        "    A PIL image.",
        "",
        "Raises:",
        "    ImageError: If an image cannot be read.",
        "    TaskError: If an argument is out of range.",
        "    ServingError: If the server cannot be reached or refuses.",
    ]
    return "\n".join(lines)


def _text(each):
    if each.is_image:
        text = each.text[0].upper() + each.text[1:]
        return f"{text}: path, bytes, file object, PIL image or array."
    if each.is_mask:
        return (
            f"An image that is {each.text}, in the same forms, or `None` to compare "
            "with the photo. Defaults to `None`."
        )
    if each.name == "seed":
        return "Whole number, or `None` for a random one. Defaults to `None`."
    default = "`None`, the server's" if each.sentinel is not None else each.default
    return f"{each.text} Defaults to {default}."
