package policy

import (
	"os"
	"strings"
	"testing"
)

func TestConditions(t *testing.T) {
	text, err := os.ReadFile("testdata/conditions.txt")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[Test]bool{}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		if len(words) != 4 {
			t.Fatalf("not a case: %s", line)
		}
		o, ok := ParseOperator(words[1])
		if !ok || o.String() != words[1] {
			t.Errorf("operator %s is read as %s", words[1], o)
		}
		seen[o.Test] = true
		r := Request{Context: Context{}}
		switch words[3] {
		case "?":
			r.Open = true
		case "-":
		default:
			r.Context["K"] = strings.Split(words[3], "|")
		}
		c := Condition{Operator: o, Key: "k", Values: strings.Split(words[2], "|")}
		got, miss := c.holds(r.facts(), scope{effect: Allow, variables: true})
		if got.String() != words[0] {
			t.Errorf("%s is %s: %s", strings.TrimSpace(line), got, miss.Text())
		}
		if (miss.Why == Unknown) != (words[3] == "?" && got == Maybe) {
			t.Errorf("%s misses because it %s", strings.TrimSpace(line), miss.Why)
		}
	}
	for test := range tests {
		if Test(test) != noTest && !seen[Test(test)] {
			t.Errorf("%s is not tested", tests[test].name)
		}
	}
}

// An empty text is a value, but as good as none for the operators over sets.
func TestConditionOnEmptyText(t *testing.T) {
	f := Request{Context: Context{"k": {""}}}.facts()
	for operator, want := range map[string]Truth{
		"ForAllValues:StringEquals": Yes, "ForAnyValue:StringEquals": No, "StringEquals": No, "StringNotEquals": Yes, "Null": No,
	} {
		o, _ := ParseOperator(operator)
		c := Condition{Operator: o, Key: "k", Values: []string{"true"}}
		if got, _ := c.holds(f, scope{}); got != want {
			t.Errorf("%s: %s, want %s", operator, got, want)
		}
	}
}

// A variable without value neither matches nor, negated, permits.
func TestConditionOnUnresolvedVariable(t *testing.T) {
	for _, c := range []struct {
		operator string
		effect   Effect
		values   []string
		want     Truth
	}{
		{"StringEquals", Allow, []string{"${none}"}, No},
		{"StringEquals", Allow, []string{"${none}", "v"}, Yes},
		{"StringEquals", Deny, []string{"${none}"}, No},
		{"StringNotEquals", Allow, []string{"${none}"}, No},
		{"StringNotEquals", Deny, []string{"${none}"}, Yes},
		{"ArnNotLike", Allow, []string{"${none}"}, No},
		{"NumericNotEquals", Allow, []string{"${none}"}, Yes}, // no variables there
	} {
		o, _ := ParseOperator(c.operator)
		f := Request{Context: Context{"k": {"v"}}}.facts()
		got, miss := Condition{o, "k", c.values}.holds(f, scope{effect: c.effect, variables: true})
		if got != c.want {
			t.Errorf("%s %s %q: %s, want %s", c.effect, c.operator, c.values, got, c.want)
		}
		if got == No && (miss.Why != Unresolved || miss.Variable != "none") {
			t.Errorf("%s %s %q misses because of %s %q", c.effect, c.operator, c.values, miss.Why, miss.Variable)
		}
	}
}
