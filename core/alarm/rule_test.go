package alarm

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestRuleErrors has refusals recorded from AWS, word for word, and our place.
func TestRuleErrors(t *testing.T) {
	const terms = "'(', 'NOT', AT_LEAST, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA]"
	for _, c := range []struct {
		rule, message string
		column        int
	}{
		{`true`, "Error in AlarmRule [Unsupported token 'true' at char 0, must be: " + terms, 1},
		{`not TRUE`, "Error in AlarmRule [Unsupported token 'not' at char 0, must be: " + terms, 1},
		{`TRUE and FALSE`, "Error in AlarmRule [Unsupported token 'and' at char 5, must be: <EOF>, 'AND', 'OR']", 6},
		{`TRUE or FALSE`, "Error in AlarmRule [Unsupported token 'or' at char 5, must be: <EOF>, 'AND', 'OR']", 6},
		{`!TRUE`, "Error in AlarmRule [Unsupported token '!TRUE' at char 0, must be: " + terms, 1},
		{`TRUE && FALSE`, "Error in AlarmRule [Unsupported token '&&' at char 5, must be: <EOF>, 'AND', 'OR']", 6},
		{`Alarm(a)`, "Error in AlarmRule [Unsupported token 'Alarm' at char 0, must be: " + terms, 1},
		{`UNKNOWN(a)`, "Error in AlarmRule [Unsupported token 'UNKNOWN' at char 0, must be: " + terms, 1},
		{`ALARM(an alarm with spaces)`, "Error in AlarmRule [Unsupported token 'alarm' at char 9, must be: ')']", 10},
		{`TRUE FALSE`, "Error in AlarmRule [Unsupported token 'FALSE' at char 5, must be: <EOF>]", 6},
		{`TRUE junk`, "Error in AlarmRule [Unsupported token 'junk' at char 5, must be: <EOF>]", 6},
		{`AT_LEAST(0, ALARM, (a,b))`, "Error in AlarmRule [AT_LEAST absolute threshold must be between 1 and number of alarms (2)]", 10},
		{`AT_LEAST(3, ALARM, (a,b))`, "Error in AlarmRule [AT_LEAST absolute threshold must be between 1 and number of alarms (2)]", 10},
		{`AT_LEAST(-1, ALARM, (a,b))`, "Error in AlarmRule [Unsupported token '-1' at char 9, must be: NUMBER, PERCENTAGE NUMBER]", 10},
		{`AT_LEAST(1.5, ALARM, (a,b))`, "Error in AlarmRule [Unsupported token '1.5' at char 9, must be: NUMBER, PERCENTAGE NUMBER]", 10},
		{`AT_LEAST(0%, ALARM, (a,b))`, "Error in AlarmRule [AT_LEAST percentage threshold must be between 1 and 100]", 10},
		{`AT_LEAST(101%, ALARM, (a,b))`, "Error in AlarmRule [AT_LEAST percentage threshold must be between 1 and 100]", 10},
		{`AT_LEAST(50.5%, ALARM, (a,b))`, "Error in AlarmRule [Unsupported token '50.5%' at char 9, must be: NUMBER, PERCENTAGE NUMBER]", 10},
		{`AT_LEAST(1, BOGUS, (a,b))`, "Error in AlarmRule [Unsupported token 'BOGUS' at char 12, must be: 'NOT', ALARM, OK, or INSUFFICIENT_DATA]", 13},
		{`AT_LEAST(1, ALARM, ())`, "Error in AlarmRule [Unsupported token '))' at char 20, must be: 'NOT', 'AND', 'OR', 'AT_LEAST', NUMBER, PERCENTAGE NUMBER, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA, unquoted alarm name, quoted alarm name]", 21},

		// Not recorded.
		{`ALARM(a) AND`, "Error in AlarmRule [Unsupported token '<EOF>' at char 12, must be: " + terms, 13},
		{`(ALARM(a)`, "Error in AlarmRule [Unsupported token '<EOF>' at char 9, must be: ')']", 10},
		{`ALARM("a`, `Error in AlarmRule [Unsupported token '"a' at char 6]`, 7},
		{`AT_LEAST(99999999999999999999, ALARM, (a))`, "Error in AlarmRule [AT_LEAST absolute threshold must be between 1 and number of alarms (1)]", 10},
	} {
		t.Run(c.rule, func(t *testing.T) {
			_, err := ParseRule(c.rule)
			var rule *RuleError
			if !errors.As(err, &rule) {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(c.message, rule.Message); diff != "" {
				t.Error(diff)
			}
			if want := fmt.Sprintf("rule:1:%d: expected ", c.column); !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%v\nis not at %s", err, want)
			}
		})
	}
}

func TestRuleErrorShowsThePlace(t *testing.T) {
	_, err := ParseRule("ALARM(a) OR\n  AT_LEAST(1, BOGUS, (é))")
	want := "rule:2:15: expected ALARM, OK or INSUFFICIENT_DATA\n    AT_LEAST(1, BOGUS, (é))\n                ^"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

// TestRules: what a rule prints as and when it is true. The alarms are a (in
// ALARM), o (OK) and i (INSUFFICIENT_DATA); unknown ones are like i.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		rule, printed string
		want          State
	}{
		{`TRUE`, `TRUE`, InAlarm},
		{`NOT NOT FALSE`, `NOT NOT FALSE`, OK},
		{`TRUE OR FALSE AND FALSE`, `TRUE OR FALSE AND FALSE`, InAlarm},
		{`(TRUE OR FALSE) AND FALSE`, `(TRUE OR FALSE) AND FALSE`, OK},
		{`((TRUE)) OR (FALSE AND FALSE)`, `TRUE OR FALSE AND FALSE`, InAlarm},
		{`NOT TRUE OR TRUE`, `NOT TRUE OR TRUE`, InAlarm},
		{`NOT (TRUE OR TRUE)`, `NOT (TRUE OR TRUE)`, OK},
		{`TRUE AND (FALSE AND TRUE)`, `TRUE AND (FALSE AND TRUE)`, OK},
		{`ALARM ( a )`, `ALARM("a")`, InAlarm},
		{`ALARM("a")`, `ALARM("a")`, InAlarm},
		{`ALARM(o)`, `ALARM("o")`, OK},
		{`OK(o)AND INSUFFICIENT_DATA(i)`, `OK("o") AND INSUFFICIENT_DATA("i")`, InAlarm},
		{`ALARM('a')`, `ALARM("'a'")`, OK},
		{`ALARM("")`, `ALARM("")`, OK},
		{`ALARM("a\"b")`, `ALARM("a\"b")`, OK},
		{`ALARM("a)b")`, `ALARM("a)b")`, OK},
		{`ALARM("a\\b")`, `ALARM("a\\b")`, OK},
		{`ALARM(OK)`, `ALARM("OK")`, OK},
		{`ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:a)`, `ALARM("arn:aws:cloudwatch:us-east-1:123456789012:alarm:a")`, OK},
		{`AT_LEAST(1, ALARM, (a,o))`, `AT_LEAST(1, ALARM, ("a", "o"))`, InAlarm},
		{`AT_LEAST(2,ALARM,(a,o))`, `AT_LEAST(2, ALARM, ("a", "o"))`, OK},
		{`AT_LEAST(2, NOT ALARM, (a,o,i))`, `AT_LEAST(2, NOT ALARM, ("a", "o", "i"))`, InAlarm},
		{`AT_LEAST(50%, OK, (a,o))`, `AT_LEAST(50%, OK, ("a", "o"))`, InAlarm},
		{`AT_LEAST(51%, OK, (a,o))`, `AT_LEAST(51%, OK, ("a", "o"))`, OK},
		// Recorded: a reference counts as often as it is named.
		{`AT_LEAST(2, ALARM, (a,a,o))`, `AT_LEAST(2, ALARM, ("a", "a", "o"))`, InAlarm},
		{`AT_LEAST(67%, ALARM, (a,a,o))`, `AT_LEAST(67%, ALARM, ("a", "a", "o"))`, OK},
	} {
		r, err := ParseRule(c.rule)
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
			continue
		}
		if r.String() != c.printed {
			t.Errorf("%s prints as %s, not %s", c.rule, r, c.printed)
		}
		if got := r.Eval(knownStates); got != c.want {
			t.Errorf("%s is %s, not %s", c.rule, got, c.want)
		}
	}
}

func knownStates(ref string) State {
	switch ref {
	case "a":
		return InAlarm
	case "o":
		return OK
	}
	return InsufficientData
}

func TestRuleLimits(t *testing.T) {
	refs := func(n int) string {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf("a%d", i))
		}
		return "AT_LEAST(1, ALARM, (" + strings.Join(names, ",") + "))"
	}
	for _, c := range []struct {
		name, rule string
		ok         bool
	}{
		{"100 alarms", refs(100), true},
		{"101 alarms", refs(101), false},
		{"500 elements", "TRUE" + strings.Repeat(" OR TRUE", 249), true},
		{"501 elements", "TRUE" + strings.Repeat(" OR TRUE", 250), false},
		{"10240 characters", strings.Repeat(" ", 10236) + "TRUE", true},
		{"10241 characters", strings.Repeat(" ", 10237) + "TRUE", false},
		{"nothing", "", false},
		{"blanks", "  ", false},
		{"many parentheses", strings.Repeat("(", 5000) + "TRUE" + strings.Repeat(")", 5000), false},
		{"many nots", strings.Repeat("NOT ", 2000) + "TRUE", false},
	} {
		if _, err := ParseRule(c.rule); (err == nil) != c.ok {
			t.Errorf("%s: %.200v", c.name, err)
		}
	}
}

// FuzzRule: nothing panics, and what a rule prints reads as the same rule.
func FuzzRule(f *testing.F) {
	for _, s := range []string{
		`ALARM(a) OR NOT (OK("b c") AND AT_LEAST(50%, NOT INSUFFICIENT_DATA, (d, "e\"f")))`,
		`TRUE AND (FALSE OR TRUE)`, `NOT NOT ALARM(x)`, `AT_LEAST(2,ALARM,(a,a,b))`, `((`, `ALARM("\\")`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRule(text)
		if err != nil {
			if !strings.Contains(err.Error(), " ") {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		printed := r.String()
		again, err := ParseRule(printed)
		if err != nil {
			// Quotes and blanks may make it longer than a rule may be.
			if len(printed) > MaxRuleLength {
				return
			}
			t.Fatalf("%q prints as %q: %v", text, printed, err)
		}
		if diff := cmp.Diff(r.Expr, again.Expr); diff != "" {
			t.Fatalf("%q prints as %q, which is another rule: %s", text, printed, diff)
		}
		if again.String() != printed {
			t.Fatalf("%q prints as %q and then as %q", text, printed, again)
		}
		if r.Eval(knownStates) != again.Eval(knownStates) {
			t.Fatalf("%q and %q differ", text, printed)
		}
	})
}

// TestGroundsDecide: of alarms that are no grounds, none can change the outcome
// by itself.
func TestGroundsDecide(t *testing.T) {
	names := []string{"a", "b", "c", "d"}
	var expr func(t *rapid.T, depth int) string
	expr = func(t *rapid.T, depth int) string {
		kind := rapid.IntRange(0, 4).Draw(t, "kind")
		if depth == 0 {
			kind = kind % 2
		}
		state := string(rapid.SampledFrom(states).Draw(t, "state"))
		switch kind {
		case 0:
			return state + "(" + rapid.SampledFrom(names).Draw(t, "name") + ")"
		case 1:
			refs := rapid.SliceOfN(rapid.SampledFrom(names), 1, 4).Draw(t, "names")
			return fmt.Sprintf("AT_LEAST(%d, %s, (%s))", rapid.IntRange(1, len(refs)).Draw(t, "n"), state, strings.Join(refs, ","))
		case 2:
			return "NOT (" + expr(t, depth-1) + ")"
		case 3:
			return "(" + expr(t, depth-1) + " AND " + expr(t, depth-1) + ")"
		}
		return "(" + expr(t, depth-1) + " OR " + expr(t, depth-1) + ")"
	}
	rapid.Check(t, func(t *rapid.T) {
		r, err := ParseRule(expr(t, 3))
		if err != nil {
			t.Fatal(err)
		}
		world := map[string]State{}
		for _, n := range names {
			world[n] = rapid.SampledFrom(states).Draw(t, n)
		}
		lookup := func(ref string) State { return world[ref] }
		outcome := r.Eval(lookup)
		grounds := strings.Join(r.Grounds(lookup), "")
		for _, n := range names {
			if strings.Contains(grounds, n) {
				continue
			}
			was := world[n]
			for _, s := range states {
				world[n] = s
				if r.Eval(lookup) != outcome {
					t.Fatalf("%s is %s by %q alone, but %s decides it", r, outcome, grounds, n)
				}
			}
			world[n] = was
		}
	})
}

const prefix = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:"

func composite(t *testing.T, rule string) Composite {
	t.Helper()
	r, err := ParseRule(rule)
	if err != nil {
		t.Fatal(err)
	}
	c := Composite{Name: "c", ARN: prefix + "c", Rule: r}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCompositeReasons follows the recorded life of two composite alarms.
func TestCompositeReasons(t *testing.T) {
	created := time.Date(2026, 9, 14, 6, 28, 47, 530e6, time.UTC)
	a := Child{prefix + "A", InAlarm, time.Date(2026, 9, 14, 6, 28, 45, 328e6, time.UTC)}
	b := Child{prefix + "B", OK, time.Date(2026, 9, 14, 6, 28, 46, 40e6, time.UTC)}
	child := func(arn string) Child {
		return map[string]Child{a.ARN: a, b.ARN: b}[arn]
	}
	c := composite(t, `AT_LEAST(2, ALARM, ("A","A","B"))`)
	r := c.Created(child, created)
	want := Record{
		State:      InAlarm,
		Reason:     prefix + "c was created and its alarm rule evaluates to ALARM",
		ReasonData: `{"triggeringAlarms":[{"arn":"` + prefix + `A","state":{"value":"ALARM","timestamp":"2026-09-14T06:28:45.328+0000"}}]}`,
		Updated:    created, Transitioned: created,
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}

	c = composite(t, `AT_LEAST(67%, ALARM, ("A","A","B"))`)
	r, changed := c.Updated(r, child, created)
	want.State, want.Reason = OK, prefix+"c was updated and its new alarm rule evaluates to OK"
	want.ReasonData = `{"triggeringAlarms":[{"arn":"` + prefix + `B","state":{"value":"OK","timestamp":"2026-09-14T06:28:46.040+0000"}}]}`
	if diff := cmp.Diff(want, r); diff != "" || !changed {
		t.Error(changed, diff)
	}
	if _, changed := c.Updated(r, child, created); changed {
		t.Error("the same rule changed the state")
	}

	b = Child{b.ARN, InAlarm, time.Date(2022, 7, 22, 15, 57, 45, 0, time.UTC)}
	r, changed = c.ChildChanged(r, child, b, created)
	want.State, want.Reason = InAlarm, prefix+"B transitioned to ALARM at Friday 22 July, 2022 15:57:45 UTC"
	want.ReasonData = `{"triggeringAlarms":[{"arn":"` + prefix + `B","state":{"value":"ALARM","timestamp":"2022-07-22T15:57:45.000+0000"}}]}`
	if diff := cmp.Diff(want, r); diff != "" || !changed {
		t.Error(changed, diff)
	}

	r = composite(t, "TRUE").Created(child, created)
	if r.ReasonData != `{"triggeringAlarms":[]}` {
		t.Error(r.ReasonData)
	}
}

func TestValidateComposite(t *testing.T) {
	for _, c := range []struct {
		change func(*Composite)
		want   string
	}{
		{func(c *Composite) {}, ""},
		{func(c *Composite) { c.ActionsSuppressor, c.WaitPeriod, c.ExtensionPeriod = "s", 60, 60 }, ""},
		{func(c *Composite) { c.AlarmActions = []string{"arn:aws:sns:us-east-1:123456789012:t"} }, ""},
		{func(c *Composite) { c.AlarmActions = []string{"arn:aws:autoscaling:us-east-1:123456789012:x"} }, "ValidationError: A composite alarm acts on SNS, Lambda and Systems Manager only, not on arn:aws:autoscaling:us-east-1:123456789012:x."},
		{func(c *Composite) { c.AlarmActions = []string{"x"} }, "ValidationError: Invalid arn syntax: x"},
		{func(c *Composite) { c.Rule = nil }, "ValidationError: 1 validation error detected: Value '' at 'alarmRule' failed to satisfy constraint: Member must not be null"},
		{func(c *Composite) { c.WaitPeriod = 60 }, "ValidationError: ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod need an ActionsSuppressor."},
		{func(c *Composite) { c.ActionsSuppressor, c.WaitPeriod = "s", -1 }, "ValidationError: ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod must not be negative."},
		{func(c *Composite) { c.Description = strings.Repeat("x", 1025) }, "ValidationError: 1 validation error detected: Value '" + strings.Repeat("x", 1025) + "' at 'alarmDescription' failed to satisfy constraint: Member must have length less than or equal to 1024"},
	} {
		alarm := composite(t, "TRUE")
		c.change(&alarm)
		got := ""
		if err := alarm.Validate(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestCheckRefs(t *testing.T) {
	exists := func(arn string) bool { return arn == prefix+"a" }
	for _, c := range []struct{ rule, want string }{
		{`ALARM(a)`, ""},
		{`ALARM(` + prefix + `a)`, ""},
		{`TRUE`, ""},
		{`ALARM(a) OR ALARM(x) OR ALARM("y z")`, "Could not save the composite alarm as alarms [" + prefix + "x, " + prefix + "y z] in the alarm rule do not exist"},
		{`ALARM("")`, "Could not save the composite alarm as alarms [" + prefix + "] in the alarm rule do not exist"},
		{`ALARM(arn:aws:cloudwatch:us-east-1:111111111111:alarm:missing)`, "A composite alarm cannot have a child relation with alarms from another AWS account"},
		{`ALARM(arn:aws:cloudwatch:us-west-2:123456789012:alarm:missing)`, "Error in AlarmRule [Wrong ARN region, it was us-west-2 but us-east-1 was expected instead]"},
		{`ALARM(c)`, "A composite alarm cannot have a child relation with itself via its AlarmRule, as it would introduce a circular dependency"},
	} {
		err := composite(t, c.rule).CheckRefs(exists)
		got := ""
		var invalid *InvalidError
		if errors.As(err, &invalid) {
			got = invalid.Message
		}
		if got != c.want {
			t.Errorf("%s:\n got  %v\n want %s", c.rule, err, c.want)
		}
	}
}

func TestCycle(t *testing.T) {
	graph := map[string][]string{"a": {"m", "b"}, "b": {"c", "m"}, "c": {"d", "a"}, "d": {"d2"}, "d2": {"d"}}
	children := func(arn string) []string { return graph[arn] }
	if diff := cmp.Diff([]string{"a", "b", "c", "a"}, Cycle("a", children)); diff != "" {
		t.Error(diff)
	}
	if got := Cycle("m", children); got != nil {
		t.Error(got)
	}
	graph["c"] = []string{"d"}
	if got := Cycle("a", children); got != nil {
		t.Errorf("a leads to a cycle but is on none: %v", got)
	}
}
