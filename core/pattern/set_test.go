package pattern

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tocsin/core/event"
	"tocsin/core/pattern/internal/gen"
)

// checkSet holds a Set's hits against each pattern's own Match and returns how
// many pairs of pattern and event that were.
func checkSet(t testing.TB, texts []string, messages [][]byte) int {
	t.Helper()
	patterns := parseAll(t, texts...)
	r := newRunner(patterns)
	for _, message := range messages {
		var want []int
		for i, p := range patterns {
			if p.Match(message) {
				want = append(want, i)
			}
		}
		if got := r.run(message); !slices.Equal(got, want) {
			for i, text := range texts {
				if slices.Contains(got, i) != slices.Contains(want, i) {
					t.Errorf("set says %t, pattern %t:\n%s\n%s", slices.Contains(got, i), slices.Contains(want, i), text, message)
				}
			}
			t.Fatalf("hits %v, want %v", got, want)
		}
	}
	return len(texts) * len(messages)
}

func TestSetMatchesAsEachPattern(t *testing.T) {
	pairs, want := 0, 60_000
	if s := os.Getenv("TOCSIN_PAIRS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		want = n
	}
	for seed := uint64(1); pairs < want; seed++ {
		pairs += checkRandom(t, seed)
	}
	t.Logf("%d pairs of pattern and event agree", pairs)
}

// FuzzSet takes several patterns, parted by zero bytes, so that they get into
// each other's way.
func FuzzSet(f *testing.F) {
	r := rand.New(rand.NewPCG(9, 9))
	for range 50 {
		f.Add(gen.Pattern(r)+"\x00"+gen.Pattern(r)+"\x00"+gen.Pattern(r), gen.Event(r))
	}
	f.Fuzz(func(t *testing.T, list string, message []byte) {
		var texts []string
		for text := range strings.SplitSeq(list, "\x00") {
			if _, err := Parse(text); err == nil {
				texts = append(texts, text)
			}
		}
		if _, ok := event.NewExtractor(nil).Extract(message); !ok && event.Valid(message) {
			t.Skip("nested deeper than an extractor goes")
		}
		checkSet(t, texts, [][]byte{message})
	})
}

// checkRandom checks a set of 1 to 200 random patterns on random events. The
// generator draws from few names and values, so the patterns share predicates.
func checkRandom(t testing.TB, seed uint64) int {
	r := rand.New(rand.NewPCG(seed, 0))
	texts := make([]string, 1+r.IntN(1+r.IntN(200)))
	for i := range texts {
		texts[i] = gen.Pattern(r)
	}
	messages := make([][]byte, 30)
	for i := range messages {
		messages[i] = gen.Event(r)
	}
	return checkSet(t, texts, messages)
}

// TestSetOnRecords goes over records with the values that pattern and extractor
// could easily see differently.
func TestSetOnRecords(t *testing.T) {
	messages := []string{
		``, ` `, `{`, `{}`, ` {} `, `[]`, `[null]`, `null`, `{"a":}`, `{"a":1}x`, `{"a":1}{"a":1}`, `plain text a 1`,
		`{"a":null}`, `{"a":true}`, `{"a":false}`, `{"a":"true"}`, `{"a":[]}`, `{"a":{}}`, `{"a":[null]}`, `{"a":[1,null]}`, `{"a":[[null]]}`,
		`{"a":1}`, `{"a":1.0}`, `{"a":10e-1}`, `{"a":-1}`, `{"a":0}`, `{"a":-0.0}`, `{"a":1e400}`, `{"a":123456789012345678901}`, `{"a":"1"}`, `{"a":"1.0"}`, `{"a":""}`,
		`{"a":"x"}`, `{"a":"\u0078"}`, `{"a":"xyz"}`, `{"a":"axb"}`, `{"a":"x\"y"}`, `{"a":"é"}`, `{"a":"\u00e9"}`, `{"a":"` + "\xff" + `"}`, `{"a":"\ud800"}`,
		`{"a":"x","a":"y"}`, `{"a":{"b":1},"a":{"c":2}}`, `{"\u0061":"x"}`, `{"a":{"b":"x"}}`, `{"a":{"b":{"c":1}}}`, `{"a":{"b":null}}`,
		`{"a":["x","y"]}`, `{"a":["y"]}`, `{"a":[{"b":1},{"b":2}]}`, `{"a":{"0":"x"}}`, `{"b":"x"}`, `{"b":null,"a":"x"}`,
		`{"a":"` + string(slices.Repeat([]byte("long"), 400)) + `x"}`,
	}
	texts := []string{
		``, `a`, `-a`, `?x ?1`, `"a" -x`, `%[0-9]%`, `" "`, `[w]`, `[w, v]`, `[..., w=1]`,
		`{ $.a = 1 }`, `{ $.a = "1" }`, `{ $.a = 1.0 }`, `{ $.a != 1 }`, `{ $.a != x }`, `{ $.a != * }`, `{ $.a = * }`, `{ $.a = "" }`, `{ $.a = 0 }`,
		`{ $.a > 0 }`, `{ $.a >= 1 }`, `{ $.a < 1 }`, `{ $.a <= 1 }`, `{ $.a = 123456789012345678900 }`,
		`{ $.a = x }`, `{ $.a = "x*" }`, `{ $.a = "*x" }`, `{ $.a = "*x*" }`, `{ $.a = "**" }`, `{ $.a != "*x*" }`, `{ $.a = %^x% }`, `{ $.a != %^x% }`, `{ $.a = "é" }`,
		"{ $.a = \"\uFFFD\" }", "{ $.a = \"*\uFFFD*\" }",
		`{ $.a IS NULL }`, `{ $.a IS TRUE }`, `{ $.a IS FALSE }`, `{ $.a NOT EXISTS }`, `{ $.a.b NOT EXISTS }`, `{ $.a.b = * }`, `{ $.a.b IS NULL }`,
		`{ $.a[0] = x }`, `{ $.a[1] = y }`, `{ $.a[1] NOT EXISTS }`, `{ $.a[*] = y }`, `{ $.a[*] != y }`, `{ $.a[*] NOT EXISTS }`, `{ $.a[*] IS NULL }`, `{ $.a[*].b = 2 }`, `{ $.a[*].b != 1 }`,
		`{ $.* = x }`, `{ $.* != x }`, `{ $.* IS NULL }`, `{ $.a.* = 1 }`, `{ $.*.b = 1 }`, `{ $[0] = 1 }`,
		`{ $.a = x && $.b = x }`, `{ $.a = x || $.b = x }`, `{ $.a = x && $.b NOT EXISTS }`, `{ $.b = x && $.a NOT EXISTS }`, `{ ($.a = x || $.a = y) && ($.b IS NULL || $.b NOT EXISTS) }`,
	}
	var records [][]byte
	for _, m := range messages {
		records = append(records, []byte(m))
	}
	for _, text := range texts { // alone
		checkSet(t, []string{text}, records)
	}
	// In company, which changes who watches what.
	checkSet(t, texts, records)
	checkSet(t, slices.Repeat(texts, 3), records)
}

// TestSetOfEqualPatterns: a crowd of patterns that differ in their second
// condition only is told apart by it.
func TestSetOfEqualPatterns(t *testing.T) {
	var texts []string
	for i := range 300 {
		texts = append(texts, fmt.Sprintf(`{ $.eventName = "GetObject" && $.userIdentity.userName = "u%d" }`, i))
	}
	r := newRunner(parseAll(t, texts...))
	for i := range texts {
		hits := r.run(fmt.Appendf(nil, `{"eventName":"GetObject","userIdentity":{"userName":"u%d"}}`, i))
		if !slices.Equal(hits, []int{i}) || r.Stats().Candidates != i+1 {
			t.Fatalf("u%d: hits %v after looking at %d patterns in all, want %d", i, hits, r.Stats().Candidates, i+1)
		}
	}
}

func TestSetPathsAreDistinctMemberPaths(t *testing.T) {
	s := NewSet(parseAll(t, `{ $.a.b[0].c = 1 || $.a.b[1] = 2 || $.a.b = 3 }`, `{ $.a.b != 3 && $.c[*] = 1 }`, `{ $.* = 1 }`, `{ $.['a.b'] = 1 && $.['a.1:b'] = 1 }`, `word`))
	want := []event.Path{event.Members("a", "b"), event.Members("c"), event.Members("a.b"), event.Members("a.1:b")}
	if !slices.EqualFunc(s.Paths(), want, event.Path.Equal) {
		t.Errorf("paths %v, want %v", s.Paths(), want)
	}
}

// TestSetWork counts what a Set does instead of timing it: over generated events
// a pattern more costs next to nothing.
func TestSetWork(t *testing.T) {
	events := generatedEvents(4000)
	for _, c := range []struct {
		patterns           int
		candidates, misses float64 // at most, per event
	}{
		{15, 1, 0.2},
		{1500, 2, 1.5},
		{15000, 5, 2},
	} {
		r := newRunner(parseAll(t, generatedRules(c.patterns)...))
		hits := 0
		for _, e := range events {
			hits += len(r.run(e))
		}
		st := r.Stats()
		n := float64(st.Events)
		t.Logf("%d patterns: %d paths, %d watched; per event %.3f candidates, %.3f hits, %.3f misses", c.patterns, len(r.set.Paths()), len(r.set.triggers.watched),
			float64(st.Candidates)/n, float64(hits)/n, float64(st.MemoMisses)/n)
		if hits == 0 || float64(st.Candidates)/n > c.candidates || float64(st.MemoMisses)/n > c.misses {
			t.Errorf("more work than %v candidates and %v misses an event", c.candidates, c.misses)
		}
	}
}

// TestSetRules holds the generated rules against each pattern's own Match.
func TestSetRules(t *testing.T) {
	checkSet(t, generatedRules(600), generatedEvents(60))
}

func TestMatchDoesNotAllocate(t *testing.T) {
	texts := append(generatedRules(1500), `"admin-7"`, `?kali ?"not authorized"`, `-Terraform`, ``, `[w1=x*, w2]`, `[..., last != %x%]`,
		`{ $.requestParameters.instancesSet.items[*].instanceId = "i-0*" }`, `{ $.requestParameters.ipPermissions.items[0].cidrIp = "9.*" }`, `{ $.requestParameters IS NULL }`)
	r := newRunner(parseAll(t, texts...))
	events := generatedEvents(300)
	hits := 0
	all := func() {
		for _, e := range events {
			hits += len(r.run(e))
		}
	}
	all()
	if n := testing.AllocsPerRun(10, all); n != 0 && !raceDetector {
		t.Errorf("%v allocations for %d events, want none", n, len(events))
	}
	if hits == 0 {
		t.Error("nothing matched")
	}
}

// TestMemoIsBounded: values that never repeat do not fill the memory, and the
// answers stay right while the memo is emptied.
func TestMemoIsBounded(t *testing.T) {
	r := newRunner(parseAll(t, `{ $.a = "*7" }`, `{ $.a = "x1*" }`))
	for i := range 3 * memoMaxSlots {
		got := r.run(fmt.Appendf(nil, `{"a":"x%d"}`, i))
		var want []int
		if i%10 == 7 {
			want = append(want, 0)
		}
		if strconv.Itoa(i)[0] == '1' {
			want = append(want, 1)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("hits of x%d are %v, want %v", i, got, want)
		}
	}
	if n := len(r.memo.slots); n > memoMaxSlots {
		t.Errorf("the memo has %d slots, want at most %d", n, memoMaxSlots)
	}
	if n := len(r.memo.kept); n > memoMaxKept {
		t.Errorf("the memo keeps %d bytes, want at most %d", n, memoMaxKept)
	}
}

// TestMemoBoundsItsBytes: large values fill it before its slots are taken.
func TestMemoBoundsItsBytes(t *testing.T) {
	m := newMemo()
	text := make([]byte, memoMaxText)
	most := 0
	for i := range 3 * memoMaxKept / memoMaxText {
		binary.LittleEndian.PutUint32(text, uint32(i))
		k := keyOf(0, event.String)
		hash := m.hash(k, text)
		m.put(hash, k, text, []predicateID{int32(i)})
		if ids, ok := m.get(nil, hash, k, text); !ok || ids[0] != int32(i) {
			t.Fatalf("value %d: found %v, %t", i, ids, ok)
		}
		most = max(most, len(m.kept))
	}
	if most > memoMaxKept || most < memoMaxKept/2 {
		t.Errorf("the memo kept up to %d bytes, want at most %d", most, memoMaxKept)
	}
}

// TestMemoTellsValuesApart: what the hash cannot tell apart the bytes do, and
// the field and the kind, which it contains only mixed.
func TestMemoTellsValuesApart(t *testing.T) {
	m := newMemo()
	values := []struct {
		kind event.Kind
		text string
	}{{event.String, "1"}, {event.Number, "1"}, {event.String, "12"}, {event.String, ""}}
	const hash = 77
	for field := range int32(3) {
		for i, v := range values {
			if ids, ok := m.get(nil, hash, keyOf(field, v.kind), []byte(v.text)); ok {
				t.Errorf("field %d, value %d: found %v before it was put", field, i, ids)
			}
			m.put(hash, keyOf(field, v.kind), []byte(v.text), []predicateID{field, int32(i)})
		}
	}
	for field := range int32(3) {
		for i, v := range values {
			if ids, ok := m.get(nil, hash, keyOf(field, v.kind), []byte(v.text)); !ok || !slices.Equal(ids, []predicateID{field, int32(i)}) {
				t.Errorf("field %d, value %d: found %v, %t", field, i, ids, ok)
			}
		}
	}
}

func TestMemoLeavesLongValuesOut(t *testing.T) {
	r := newRunner(parseAll(t, `{ $.a = "*x" }`))
	for range 2 {
		if hits := r.run(fmt.Appendf(nil, `{"a":"%*s"}`, memoMaxText+1, "x")); len(hits) != 1 {
			t.Errorf("hits %v, want one", hits)
		}
	}
	if r.memo.taken != 0 || r.Stats().MemoMisses != 2 {
		t.Errorf("%d values remembered, %d worked out, want 0 and 2", r.memo.taken, r.Stats().MemoMisses)
	}
}

// TestEpochsRunOut: the numbers that mark the current event come again after
// 2^32 events and must not bring old marks back.
func TestEpochsRunOut(t *testing.T) {
	r := newRunner(parseAll(t, `{ $.eventName = x && $.a = 1 }`, `{ $.errorCode = x && $.a = 1 }`, `[w]`))
	if hits := r.run([]byte(`{"errorCode":"x","a":1}`)); !slices.Equal(hits, []int{1, 2}) {
		t.Fatalf("hits %v, want [1 2]", hits)
	}
	r.epoch = ^uint32(0)
	if hits := r.run([]byte(`{"eventName":"x","a":2}`)); !slices.Equal(hits, []int{2}) {
		t.Errorf("hits %v, want [2]", hits)
	}
	r.epoch = ^uint32(0)
	if hits := r.Match(nil, nil, nil); len(hits) != 0 {
		t.Errorf("hits %v of an empty line", hits)
	}
}
