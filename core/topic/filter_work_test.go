package topic

import (
	"fmt"
	"math/bits"
	"strings"
	"testing"
)

// elements is a list with an object for each choice of half of the letters, whose
// members they are.
func elements(letters string) string {
	var out []string
	for chosen := range 1 << len(letters) {
		if bits.OnesCount(uint(chosen)) != len(letters)/2 {
			continue
		}
		var members []string
		for i, letter := range letters {
			if chosen>>i&1 == 1 {
				members = append(members, fmt.Sprintf(`"%c":1`, letter))
			}
		}
		out = append(out, "{"+strings.Join(members, ",")+"}")
	}
	return "[" + strings.Join(out, ",") + "]"
}

// filled is a list of an element, of some 250,000 bytes.
func filled(element string) string {
	return "[" + strings.Repeat(element+",", 250_000/(len(element)+1)) + element + "]"
}

// No policy takes longer over a message than over all others together: one that
// would is not asked to the end, and the message is delivered. The first took 17
// seconds, and with a hundred branches a quarter of an hour.
func TestFilterWork(t *testing.T) {
	const letters = "abcdefghijklmnop"
	var pairs []string // sixteen conditions in one element of r, eight in each of its lists
	for i, letter := range letters {
		pairs = append(pairs, fmt.Sprintf(`"r.%c.%c":[1]`, "xy"[i/8], letter))
	}
	branch := "{" + strings.Join(pairs, ",") + "}"
	numbers := "2"
	for i := range 149 {
		numbers += fmt.Sprint(",", i+3)
	}
	branches := `{"$or":[{"a":[` + strings.ReplaceAll(numbers, ",", `]},{"a":[`) + `]}]}`
	for _, c := range []struct {
		name, policy, body string
		want               Decision
	}{
		{"sets of conditions", `{"$or":[` + branch + "," + branch + `]}`, `{"r":` + filled(`{"x":`+elements(letters[:8])+`,"y":`+elements(letters[8:])+`}`) + `}`, Accepted},
		{"many values", `{"a":[` + numbers + `]}`, `{"a":` + filled("1") + `}`, Accepted},
		{"many excluded values", `{"a":[{"anything-but":[1,` + numbers + `]}]}`, `{"a":` + filled("1") + `}`, Accepted},
		{"many branches", branches, `{"a":` + filled("1") + `}`, Accepted},
		{"many objects", `{"a.b":[` + numbers + `]}`, `{"a":` + filled(`{"b":1}`) + `}`, Accepted},
		{"a large message", `{"a":{"b":[2,{"prefix":"x"},{"anything-but":[1]}],"c":[{"exists":true}]},"d":["x"]}`, `{"d":"x","a":` + filled(`{"b":1,"c":2}`) + `}`, FilteredByBody},
		{"a large list", `{"a":[2,3,4]}`, `{"a":` + filled("1") + `}`, FilteredByBody},
		{"a large list that nobody asks for", branches, `{"b":` + filled("1") + `,"a":1}`, FilteredByBody},
	} {
		p, err := ParseFilterPolicy(c.policy, MessageBody)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := p.Decide(Message{Default: c.body}, SQS); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// A policy that is refused is refused at once. The first took 45 seconds.
func TestFilterPolicyTooComplex(t *testing.T) {
	var keys []string
	for i := range 21_000 {
		keys = append(keys, fmt.Sprintf(`"%x":[1]`, i))
	}
	deep := func(levels int) string {
		return `{"` + strings.Repeat("k", 100_000) + `":` + strings.Repeat(`{"a":`, levels-2) + `[1]` + strings.Repeat("}", levels-1)
	}
	for name, policy := range map[string]string{
		"many conditions":  `{"$or":[{` + strings.Join(keys, ",") + `},{"a":[1]}]}`,
		"deep":             deep(9000),
		"a level too deep": deep(152),
	} {
		_, err := ParseFilterPolicy(policy, MessageBody)
		if err == nil || err.Error() != "InvalidParameter: Invalid parameter: FilterPolicy: Filter policy is too complex" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseFilterPolicy(deep(151), MessageBody); err != nil {
		t.Errorf("150 deep: %v", err)
	}
}
