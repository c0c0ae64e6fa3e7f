"""The explorer as a widget of Jupyter and its like, by anywidget: the same module as the page's."""

from __future__ import annotations

from typing import Any

from posectl.errors import UnavailableError
from posectl.render.explorer.page import module, style

_RENDER = """
export default {
  async render({ model, el }) {
    await explore(el, model.get("data"), (state) => { model.set("state", state); model.save_changes(); });
  },
};
"""


def widget(data: str) -> Any:
    """Return the widget of packed data; `state` is what it shows. Raises UnavailableError without anywidget."""
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise UnavailableError(
            "A widget needs anywidget.", "Install the extra: pip install 'posectl[notebook]'."
        ) from error

    class Explorer(anywidget.AnyWidget):
        _esm = module(_RENDER)
        _css = style()
        data = traitlets.Unicode().tag(sync=True)
        state = traitlets.Dict().tag(sync=True)

    return Explorer(data=data)
