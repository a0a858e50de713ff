package policy

import "strings"

// holds evaluates a condition; the miss tells why when it does not hold, or may
// not.
func (c Condition) holds(f *facts, s scope) (Truth, Miss) {
	got, known := f.lookup(c.Key)
	t, gap := c.test(got, known, f, s)
	if t == Yes {
		return Yes, Miss{}
	}
	m := Miss{Element: "Condition", Operator: c.Operator, Key: c.Key, Want: c.Values, Got: got}
	switch {
	case gap != "":
		m.Why, m.Variable = Unresolved, gap
	case !known:
		m.Why = Unknown
	case len(got) == 0:
		m.Why = Absent
	}
	return t, m
}

// A scope is what of its surroundings a statement's elements depend on.
type scope struct {
	effect    Effect
	variables bool // the document is of a version that has variables
	completed bool // resources that are incomplete ARNs are completed
}

// test is the truth of the condition; gap names a variable that could not be
// replaced if that is why.
func (c Condition) test(got []string, known bool, f *facts, s scope) (t Truth, gap string) {
	o := c.Operator
	negated := tests[o.Test].negates != noTest
	switch {
	case !known:
		return Maybe, ""
	case o.Test == Null:
		for _, want := range c.Values {
			if strings.EqualFold(want, "true") && len(got) == 0 || strings.EqualFold(want, "false") && len(got) > 0 {
				return Yes, ""
			}
		}
		return No, ""
	case len(got) == 0 && o.IfExists:
		return Yes, ""
	case o.Set == ForAllValues && blanks(got):
		return Yes, ""
	case o.Set == ForAnyValue && blanks(got):
		return No, ""
	case len(got) == 0:
		return truth(negated), ""
	}
	every := o.Set == ForAllValues || o.Set == Single && negated
	t = truth(every)
	for _, value := range got {
		one, g := c.one(value, f, s)
		if g != "" {
			gap = g
		}
		if every {
			t = min(t, one)
		} else {
			t = max(t, one)
		}
	}
	if t == Yes {
		gap = ""
	}
	return t, gap
}

// one tests one value of the request against those of the policy: one must match,
// or of a negated operator none [IAM User Guide, conditions with multiple
// context keys or values].
func (c Condition) one(got string, f *facts, s scope) (t Truth, gap string) {
	test := c.Operator.Test
	negated := tests[test].negates != noTest
	if negated {
		test = tests[test].negates
	}
	for _, text := range c.Values {
		want, key, state := plain(text), "", Yes
		if s.variables && test.hasVariables() {
			want, key, state = expand(text, f)
		}
		switch state {
		case Yes:
			state = truth(test.compare(got, want))
		case No:
			state, gap = truth(unresolved(s.effect, negated)), key
		default:
			gap = key
		}
		t = max(t, state)
	}
	if negated {
		t = t.not()
	}
	return t, gap
}
