package web

import (
	"ringside/campaign"
	"ringside/funnel"
)

// Target is what a figure is to be, and how it stands, all in words.
type Target struct {
	Ref, KPI, Name string
	// Of is whose it is, Href leads there; both "" where that is the page's own.
	Of, Href string
	// Goal says what is aimed at, Now how it stands, Outlook how it will end; "" for what
	// is not known. Short is the goal without its time.
	Goal, Short, Now, Outlook string
	State                     funnel.TargetState
	Level                     Level
}

// NewTarget writes a target of a KPI.
func NewTarget(t *funnel.Target, s *funnel.Standing, k *funnel.KPI, w funnel.Window, cal *campaign.Calendar, coin Coin) Target {
	goal, _ := t.Exact().Float64()
	sign := "≥"
	if t.Comparator == funnel.AtMost {
		sign = "≤"
	}
	v := Target{Ref: t.Ref, KPI: k.ID, Name: k.Name, State: s.State, Short: sign + noBreak + inUnit(k, goal, coin),
		Goal: T("target.goal", "sign", sign, "value", inUnit(k, goal, coin), "window", Window(w.FromMs, w.ToMs, cal))}
	if s.Figure.Defined() && s.State != funnel.TargetUpcoming {
		v.Now = T("target.now", "value", Value(s.Figure, coin))
		if expected := s.Expected(); expected.Known && k.Total() && (s.State == funnel.TargetOnPace || s.State == funnel.TargetBehind) {
			v.Now = T("target.pace", "value", Value(s.Figure, coin), "expected", inUnit(k, expected.Value, coin))
		}
	}
	if s.Forecast.Known && k.Total() && (s.State == funnel.TargetOnPace || s.State == funnel.TargetBehind) {
		v.Outlook = T("target.forecast", "value", inUnit(k, s.Forecast.Value, coin))
		if s.Low.Known && s.High.Known {
			v.Outlook = T("target.forecast_between", "value", inUnit(k, s.Forecast.Value, coin), "low", inUnit(k, s.Low.Value, coin), "high", inUnit(k, s.High.Value, coin))
		}
	}
	switch s.State {
	case funnel.TargetBreached:
		v.Level = Alarm
	case funnel.TargetBehind:
		v.Level = Warn
	case funnel.TargetMet, funnel.TargetOnPace:
		v.Level = "good"
	default:
		v.Level = Note
	}
	return v
}

// inUnit writes an estimate as figures of a KPI are written.
func inUnit(k *funnel.KPI, value float64, coin Coin) string {
	digits, isMoney := k.MoneyDigits(coin.Digits)
	switch {
	case k.Unit == funnel.Money:
		return Decimal(value, digits) + noBreak + coin.Code
	case isMoney:
		return Decimal(value, digits) + noBreak + string(k.Unit)
	case k.Unit == funnel.Proportion:
		return Percent(value, 2)
	case k.Unit == funnel.Seconds:
		return Duration(int64(1000 * value))
	case k.Unit == funnel.Count && k.Custom == nil:
		return Decimal(value, 0)
	}
	return Decimal(value, 2)
}
