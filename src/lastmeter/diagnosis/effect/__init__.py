"""What an action did: before and after against a shrunk forecast and against those that were not chosen."""

from lastmeter.diagnosis.effect.action import Effect, EffectPoint, Part, effect

__all__ = ["Effect", "EffectPoint", "Part", "effect"]
