package alarm

// Grounds are the references that the rule's outcome rests on: of what makes it
// true those that are so, of what makes it false those that are not so. Each
// once, in order of first mention.
//
// This is what AWS lists in StateReasonData when a composite alarm was created.
// It fits all recordings: AT_LEAST(2, ALARM, (A, A, B)) with only A in ALARM
// lists A, and with 67% instead of 2, when it is false, B.
func (r *Rule) Grounds(state func(ref string) State) []string {
	holds := map[string]bool{}
	grounds(r.Expr, r.Expr.eval(state), state, holds)
	var refs []string
	for _, ref := range r.Refs() {
		if holds[ref] {
			refs = append(refs, ref)
		}
	}
	return refs
}

// grounds collects what makes e come out as outcome, which it does.
func grounds(e Expr, outcome bool, state func(string) State, holds map[string]bool) {
	terms := func(terms []Expr) {
		for _, t := range terms {
			if t.eval(state) == outcome {
				grounds(t, outcome, state, holds)
			}
		}
	}
	switch e := e.(type) {
	case *AnyOf:
		terms(e.Terms)
	case *AllOf:
		terms(e.Terms)
	case *Not:
		grounds(e.Term, !outcome, state, holds)
	case *InState:
		holds[e.Ref] = true
	case *AtLeast:
		for _, ref := range e.Refs {
			if ((state(ref) == e.State) != e.Not) == outcome {
				holds[ref] = true
			}
		}
	}
}

// triggeringAlarms is StateReasonData of a composite alarm.
type triggeringAlarms struct {
	TriggeringAlarms []triggeringAlarm `json:"triggeringAlarms"`
}

type triggeringAlarm struct {
	ARN   string          `json:"arn"`
	State triggeringState `json:"state"`
}

type triggeringState struct {
	Value     State     `json:"value"`
	Timestamp timestamp `json:"timestamp"`
}

func triggeringData(children []Child) string {
	data := triggeringAlarms{TriggeringAlarms: []triggeringAlarm{}}
	for _, c := range children {
		data.TriggeringAlarms = append(data.TriggeringAlarms,
			triggeringAlarm{c.ARN, triggeringState{c.State, timestamp(c.Since)}})
	}
	return encode(data)
}
