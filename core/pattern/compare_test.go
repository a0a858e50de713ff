package pattern

import (
	"slices"
	"strings"
	"testing"
)

// values are what member v of the test event may be.
var values = strings.Fields(`absent null "null" true "true" false 0 -0 1 1.0 1e0 "1" "1.0" -1 10 "10" 1.5 9007199254740993 "Alpha" "alpha" "Alphabet" "xAlpha" "" "a*b" [] [null] [1] ["Alpha"] {} {"v":1}`)

func eventOf(value string) []byte {
	if value == "absent" {
		return []byte(`{"w":1}`)
	}
	return []byte(`{"v":` + value + `}`)
}

// comparables are the texts and numbers, which = and != look at.
func comparables() []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool {
		return strings.IndexByte(`antf[{`, v[0]) >= 0
	})
}

func allBut(from []string, those ...string) []string {
	return slices.DeleteFunc(slices.Clone(from), func(v string) bool { return slices.Contains(those, v) })
}

// TestMatrix goes through the comparison matrix: for each condition on $.v all
// the values that satisfy it.
func TestMatrix(t *testing.T) {
	cases := []struct {
		condition string
		want      []string
	}{
		{`= 1`, []string{"1", "1.0", "1e0", `"1"`}},
		{`= 1.0`, []string{"1", "1.0", "1e0", `"1.0"`}},
		{`= 1e+0`, []string{"1", "1.0", "1e0"}},
		{`= +1`, []string{"1", "1.0", "1e0"}},
		{`= 0`, []string{"0", "-0"}},
		{`= "1"`, []string{"1", `"1"`}},
		{`= "1.0"`, []string{"1.0", `"1.0"`}},
		{`= 9007199254740992`, nil},
		{`= 9007199254740993`, []string{"9007199254740993"}},
		{`!= 1`, allBut(comparables(), "1", "1.0", "1e0", `"1"`)},
		{`!= "1"`, allBut(comparables(), "1", `"1"`)},
		{`> 1`, []string{"10", "1.5", "9007199254740993"}},
		{`>= 1`, []string{"1", "1.0", "1e0", "10", "1.5", "9007199254740993"}},
		{`< 1`, []string{"0", "-0", "-1"}},
		{`<= 1`, []string{"0", "-0", "1", "1.0", "1e0", "-1"}},
		{`> 9007199254740992`, []string{"9007199254740993"}},
		{`= Alpha`, []string{`"Alpha"`}},
		{`= "Alpha"`, []string{`"Alpha"`}},
		{`!= Alpha`, allBut(comparables(), `"Alpha"`)},
		{`= Alpha*`, []string{`"Alpha"`, `"Alphabet"`}},
		{`= "Alpha*"`, []string{`"Alpha"`, `"Alphabet"`}},
		{`!= "Alpha*"`, allBut(comparables(), `"Alpha"`, `"Alphabet"`)},
		{`= "*Alpha"`, []string{`"Alpha"`, `"xAlpha"`}},
		{`= *lph*`, []string{`"Alpha"`, `"alpha"`, `"Alphabet"`, `"xAlpha"`}},
		{`= "1*"`, []string{"1", "1.0", "1e0", `"1"`, `"1.0"`, "10", `"10"`, "1.5"}},
		{`= "*.0"`, []string{"1.0", `"1.0"`}},
		{`= *`, comparables()},
		{`!= *`, nil},
		{`= "*"`, comparables()},
		{`= "a*b"`, []string{`"a*b"`}},
		{`= "Al?ha"`, nil},
		{`= ""`, []string{`""`}},
		{`!= ""`, allBut(comparables(), `""`)},
		{`= true`, []string{`"true"`}},
		{`= "null"`, []string{`"null"`}},
		{`= %^[Aa]lpha$%`, []string{`"Alpha"`, `"alpha"`}},
		{`= %lpha%`, []string{`"Alpha"`, `"alpha"`, `"Alphabet"`, `"xAlpha"`}},
		{`= %^1%`, []string{"1", "1.0", "1e0", `"1"`, `"1.0"`, "10", `"10"`, "1.5"}},
		{`!= %.%`, []string{`""`}},
		{`IS NULL`, []string{"null", "[null]"}},
		{`IS TRUE`, []string{"true"}},
		{`IS FALSE`, []string{"false"}},
		{`NOT EXISTS`, []string{"absent"}},
	}
	for _, c := range cases {
		p := mustParse(t, "{ $.v "+c.condition+" }")
		var got []string
		for _, v := range values {
			if p.Match(eventOf(v)) {
				got = append(got, v)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s\n got %v\nwant %v", p.Text, got, c.want)
		}
	}
}

// TestSelectors tells which values a selector finds, as seen by = *.
func TestSelectors(t *testing.T) {
	const event = `{
		"name":"n", "0":"zero", "a.b":"dotted", "a":{"b":"nested","0":"member"}, "text":"{\"k\":1}",
		"list":["l0",["m0","m1"],{"k":"k2"}], "nothing":null, "":"empty", "it's":"quote", "d-1":"dash",
		"twice":"first", "twice":{"k":"second"}, "twi\u0063e2":"escaped", "null list":[null,"x"]
	}`
	cases := []struct {
		selector string
		found    bool
	}{
		{"$.name", true},
		{"$.Name", false},
		{"$['name']", true},
		{"$.['name']", true},
		{"$.0", true},
		{"$[0]", false},
		{"$.a.b", true},
		{"$.['a.b']", true},
		{"$['a']['b']", true},
		{"$.a[0]", false},
		{"$.a.0", true},
		{"$.text.k", false},
		{"$.list[0]", true},
		{"$.list[3]", false},
		{"$.list[007]", false},
		{"$.list[1]", false},
		{"$.list[1][1]", true},
		{"$.list[2].k", true},
		{"$.list.k", false},
		{"$.list.0", false},
		{"$.list[*]", true},
		{"$.list.*", true},
		{"$.list[*].k", true},
		{"$.list[*][0]", true},
		{"$.*", true},
		{"$[*].b", true},
		{"$.*.c", false},
		{"$.name.*", false},
		{"$.nothing", false},
		{"$.nothing.k", false},
		{"$.['']", true},
		{"$.['it's']", true},
		{"$.d-1", true},
		{"$.twice", false},
		{"$.twice.k", true},
		{"$.twice2", true},
		{"$.twice2.x", false},
		{"$.['null list'][*]", true},
	}
	for _, c := range cases {
		if got := mustParse(t, "{ "+c.selector+" = * }").Match([]byte(event)); got != c.found {
			t.Errorf("%s finds a text or number: %v, want %v", c.selector, got, c.found)
		}
	}
}

// TestWildcards checks that a wildcard condition is about some element, each for itself.
func TestWildcards(t *testing.T) {
	event := []byte(`{"list":[{"k":1,"m":1},{"k":2,"m":2},{"k":3}],"none":[],"flags":[true,null]}`)
	cases := []struct {
		condition string
		want      bool
	}{
		{`$.list[*].k = 2 && $.list[*].m = 1`, true},
		{`$.list[*].k = 4`, false},
		{`$.list[*].k != 1`, true},
		{`$.list[*].k > 2`, true},
		{`$.list[*].m NOT EXISTS`, false},
		{`$.list[*].x NOT EXISTS`, true},
		{`$.none[*] NOT EXISTS`, true},
		{`$.none IS NULL`, false},
		{`$.flags[*] IS TRUE`, true},
		{`$.flags[*] IS NULL`, true},
		{`$.flags[*] IS FALSE`, false},
	}
	for _, c := range cases {
		if got := mustParse(t, "{ "+c.condition+" }").Match(event); got != c.want {
			t.Errorf("%s is %v, want %v", c.condition, got, c.want)
		}
	}
}

// TestEligible tells which messages are JSON objects at all.
func TestEligible(t *testing.T) {
	p := mustParse(t, "{ $.never NOT EXISTS }")
	for _, m := range []string{`{}`, " {} \n", `{"a":1,"a":2}`, "{\"a\":\"\xff\"}", `{"a":"\ud800"}`} {
		if !p.Match([]byte(m)) {
			t.Errorf("%q is not taken for an object", m)
		}
	}
	for _, m := range []string{"", "text", "[{}]", "null", "{} {}", "{}x", `{"a":1`, `{"a":01}`, `{"a":1,}`, "{'a':1}", "\ufeff{}", `{"a":"` + "\n" + `"}`} {
		if p.Match([]byte(m)) {
			t.Errorf("%q is taken for an object", m)
		}
	}
}
