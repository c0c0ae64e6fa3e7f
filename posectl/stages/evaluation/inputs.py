"""The inputs of metrics, by name: each made when a metric first asks for it, and made once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from posectl.core.metrics import INPUTS, METRICS, Score


class Inputs:
    """The inputs of metrics that a subject gives by its protocol, and those that registered `metric_input`s derive."""

    def __init__(self) -> None:
        self._providers: dict[str, Callable[[], Any]] = {}
        self._made: dict[str, Any] = {}

    def provide(self, **providers: Callable[[], Any]) -> None:
        """Name functions that make inputs."""
        self._providers |= providers

    def has(self, name: str) -> bool:
        """Tell whether there is such an input, without making it."""
        if name in self._providers:
            return True
        return name in INPUTS.names() and not self._lacking(INPUTS.get(name))

    def get(self, name: str) -> Any:
        """Return the input of this name."""
        if name not in self._made:
            provider = self._providers.get(name)
            self._made[name] = provider() if provider else self._call(INPUTS.get(name))
        return self._made[name]

    def made(self, name: str) -> bool:
        """Tell whether this input was asked for."""
        return name in self._made

    def clear(self) -> None:
        """Let go of all inputs, and of who makes them: those hold these, so that large ones would stay for a while."""
        self._providers.clear()
        self._made.clear()

    def lacking(self, metric: str) -> list[str]:
        """Name the inputs that a metric needs and this subject does not give."""
        return self._lacking(METRICS.get(metric))

    def needs(self, metric: str, name: str) -> bool:
        """Tell whether a metric is given this input."""
        return name in self._needs(METRICS.get(metric))

    def score(self, metric: str) -> Score:
        """Compute one metric."""
        return self._call(METRICS.get(metric))

    def modules(self, metric: str) -> list[str]:
        """Name the modules that compute a metric: its own, and those of the registered inputs that it asks for."""
        return [METRICS.module(metric), *self._modules(METRICS.get(metric))]

    def _modules(self, function: Callable[..., Any]) -> list[str]:
        made = [name for name in self._needs(function) if name not in self._providers and name in INPUTS.names()]
        return [module for name in made for module in (INPUTS.module(name), *self._modules(INPUTS.get(name)))]

    def _needs(self, function: Callable[..., Any]) -> list[str]:
        parameters = inspect.signature(function).parameters.values()
        return [p.name for p in parameters if p.default is p.empty or self.has(p.name)]

    def _lacking(self, function: Callable[..., Any]) -> list[str]:
        return [name for name in self._needs(function) if not self.has(name)]

    def _call(self, function: Callable[..., Any]) -> Any:
        return function(**{name: self.get(name) for name in self._needs(function)})
