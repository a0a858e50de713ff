package events

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/event"
	"tocsin/core/pattern"
)

// The values that random records and random queries have in common.
var (
	someTexts = []string{"", "a", "ab", "b", "AccessDenied", "1", "true", `q"x`, "é", "*", "root", "s1"}
	oddValues = []string{`null`, `1`, `true`, `false`, `{}`, `[]`, `[null]`, `["a"]`, `1e2`, `{"a":"a"}`, `"\ud800"`, "\"\xff\"", `"` + strings.Repeat("x", maxText+1) + `"`, `"\u0061"`, `"a\/b"`, `01`, `"\q"`, "\"a\tb\"", `nul`}
	someARNs  = []string{"arn:aws:s3:::a", "arn:aws:s3:::a/b", "arn:aws:iam::1:user/dev/ann", "arn:aws:sts::1:assumed-role/r/s1", "x", "arn:aws:sns:eu:1:topic:t"}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

// randomValue is mostly a text.
func randomValue(r *rand.Rand) string {
	switch {
	case chance(r, 8):
		return pick(r, oddValues)
	case chance(r, 15):
		return quote(pick(r, someARNs))
	default:
		return quote(pick(r, someTexts[:8]))
	}
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

var randomPaths = []string{
	"eventName", "eventSource", "errorCode", "awsRegion", "userAgent", "eventType", "eventCategory", "recipientAccountId", "sourceIPAddress",
	"userIdentity.type", "userIdentity.userName", "userIdentity.arn", "userIdentity.accessKeyId", "userIdentity.invokedBy", "readOnly", "eventID", "other", "userIdentity",
}

// randomRecord is a record, now and then not quite one.
func randomRecord(r *rand.Rand) []byte {
	object := func(prefix string) string {
		var members []string
		for _, path := range randomPaths {
			name, ok := strings.CutPrefix(path, prefix)
			if !ok || strings.Contains(name, ".") || chance(r, 45) {
				continue
			}
			value := randomValue(r)
			switch {
			case path == "readOnly" && chance(r, 80):
				value = pick(r, []string{"true", "false", `"true"`, `"false"`})
			case path == "userIdentity.type" && chance(r, 80):
				value = pick(r, []string{`"AssumedRole"`, `"Root"`, `"IAMUser"`})
			case path == "eventID":
				value = quote(randomGUID(r))
				if chance(r, 10) {
					value = strings.ToUpper(value)
				}
			case path == "userIdentity" && chance(r, 90):
				continue
			}
			members = append(members, quote(name)+":"+value)
			if chance(r, 2) {
				members = append(members, quote(name)+":"+randomValue(r)) // the last one counts
			}
		}
		return strings.Join(members, ",")
	}
	members := []string{`"userIdentity":{` + object("userIdentity.") + `}`}
	if top := object(""); top != "" {
		members = append(members, top)
	}
	if chance(r, 40) {
		var list []string
		for range r.IntN(3) {
			list = append(list, `{"`+pick(r, []string{"ARN", "ARNPrefix"})+`":`+quote(pick(r, someARNs))+`,"type":`+randomValue(r)+`}`)
		}
		if chance(r, 10) {
			list = append(list, randomValue(r))
		}
		members = append(members, `"resources":[`+strings.Join(list, ",")+`]`)
	}
	r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	text := "{" + strings.Join(members, ",") + "}"
	switch {
	case chance(r, 3):
		text = text[:r.IntN(len(text)+1)]
	case chance(r, 2):
		text = strings.Replace(text, ":", ": 01,", 1)
	case chance(r, 2):
		text = "plain words AccessDenied a"
	}
	return []byte(text)
}

func randomGUID(r *rand.Rand) string {
	return fmt.Sprintf("0a000000-0000-4000-8000-%012x", r.IntN(40))
}

func randomPattern(r *rand.Rand) *pattern.Pattern {
	var condition func(depth int) string
	condition = func(depth int) string {
		if depth > 0 && chance(r, 55) {
			parts := make([]string, 2+r.IntN(2))
			for i := range parts {
				parts[i] = "(" + condition(depth-1) + ")"
			}
			return strings.Join(parts, pick(r, []string{" && ", " || "}))
		}
		path := "$." + pick(r, randomPaths)
		switch r.IntN(8) {
		case 0:
			return path + pick(r, []string{" IS NULL", " IS TRUE", " IS FALSE", " NOT EXISTS"})
		case 1:
			return path + pick(r, []string{" = ", " != "}) + pick(r, []string{"1", "a", "ab*", "*b", "*", "100", "true", "%a+%"})
		case 2:
			return path + pick(r, []string{" < ", " >= "}) + "1"
		}
		value := pick(r, append(slices.Clone(someTexts), someARNs...))
		if path == "$.eventID" {
			value = randomGUID(r)
		}
		if chance(r, 20) && value != "*" {
			value = pick(r, []string{"*" + value, value + "*", "*" + value + "*"})
		}
		return path + pick(r, []string{" = ", " = ", " != "}) + quote(value)
	}
	text := "{ " + condition(2) + " }"
	if chance(r, 10) {
		text = pick(r, []string{"", "AccessDenied", "?a ?b", "-root", "[w1, w2]"})
	}
	p, err := pattern.Parse(text)
	if err != nil {
		return randomPattern(r) // too many regular expressions
	}
	return p
}

func randomQuery(r *rand.Rand, f *fixture) Query {
	q := Query{Group: f.group.ID, From: -1 << 62, To: 1 << 62, Limit: 1 + r.IntN(30), OldestFirst: chance(r, 50)}
	if chance(r, 60) {
		q.From = testStart - 1000 + r.Int64N(4*hour)
		q.To = q.From + r.Int64N(3*hour)
	}
	if chance(r, 40) && len(f.all) > 0 {
		q.To = pick(r, f.all).Time + int64(r.IntN(3)-1)
		q.From = min(q.From, q.To)
	}
	if chance(r, 20) && len(f.all) > 0 {
		q.From = pick(r, f.all).Time + int64(r.IntN(3)-1)
		q.To = max(q.From, q.To)
	}
	for chance(r, 45) && len(q.Attributes) < 3 {
		m := Match{Attribute: pick(r, allAttributes()), Value: pick(r, someTexts)}
		switch m.Attribute {
		case EventID:
			m.Value = randomGUID(r)
		case ReadOnly:
			m.Value = pick(r, []string{"true", "false", "x"})
		case ResourceName:
			m.Value = pick(r, append(slices.Clone(someARNs), "a", "b", "ann", "dev/ann", "user/dev/ann", "t", "topic:t", "a/b", ""))
		}
		q.Attributes = append(q.Attributes, m)
	}
	if chance(r, 60) {
		q.Pattern = randomPattern(r)
	}
	if chance(r, 15) {
		q.Streams = []string{pick(r, []string{"s", "t", "none"})}
	}
	return q
}

func allAttributes() []Attribute {
	var all []Attribute
	for a := range attributes {
		all = append(all, a)
	}
	slices.Sort(all)
	return all
}

const testStart = int64(1_699_999_200_000) // an hour

// randomEvents have their eventID's id, mostly, unless that was seen before.
func randomEvents(r *rand.Rand, f *fixture, n int) []Event {
	seen := map[event.ID]bool{}
	for _, e := range f.all {
		seen[e.ID] = true
	}
	events := make([]Event, n)
	odd, together := chance(r, 50), chance(r, 20)
	for i := range events {
		e := &events[i]
		e.Time = testStart + r.Int64N(3*hour)
		if together || chance(r, 30) {
			e.Time = testStart + 100 // many at once
		}
		e.Ingested = e.Time + 1000
		e.Stream = pick(r, []string{"s", "t", "s", ""})
		e.Message = randomRecord(r)
		if !odd { // whole groups without anything odd take the short ways
			e.Message = fmt.Appendf(nil, `{"eventName":%s,"errorCode":%s,"userIdentity":{"type":"IAMUser","userName":%s},"readOnly":%t}`,
				quote(pick(r, someTexts[:6])), quote(pick(r, someTexts[3:6])), quote(pick(r, someTexts[1:4])), chance(r, 50))
		}
		var record record
		newTaker().take(e.Message, &record)
		e.ID = record.id
		if !record.hasID || seen[e.ID] {
			binary.BigEndian.PutUint64(e.ID[8:], r.Uint64())
		}
		seen[e.ID] = true
	}
	return events
}

// Whatever is stored however, and asked for in whatever way, the answers are
// those of a plain filter over the events.
func TestAnswersArePlain(t *testing.T) {
	rounds := 20
	if testing.Short() {
		rounds = 5
	}
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 3))
		f := newFixture(t, func(o *Options) { o.SealBytes = 1 + r.Int64N(100_000); o.Workers = 1 + r.IntN(3) })
		if chance(r, 70) {
			f.sizes = sizes{groupRows: 5 + r.IntN(100), pageRows: 1 + r.IntN(20), pageBytes: 1 + r.IntN(2000), textBytes: 1 + r.IntN(400), answerBytes: 500 + r.IntN(20_000)}
		}
		step := func() {
			switch n := r.IntN(10); {
			case n < 5:
				f.add(randomEvents(r, f, 1+r.IntN(60))...)
			case n < 8:
				f.seal()
			default:
				f.now = f.now.Add(time.Hour)
				if err := f.Tick(context.Background(), f.now); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 6 {
			step()
		}
		for range 60 {
			q := randomQuery(r, f)
			name := fmt.Sprintf("seed %d: %+v", seed, q)
			if q.Pattern != nil {
				name += " " + q.Pattern.Text
			}
			want := f.plain(q)
			if d := cmp.Diff(outline(want), outline(f.pages(q, nil))); d != "" {
				t.Fatalf("%s\n%s", name, d)
			}
			n, err := f.Count(context.Background(), q)
			if err != nil || n != int64(len(want)) {
				t.Fatalf("%s: counted %d, %v; want %d", name, n, err, len(want))
			}
			by, step := pick(r, allAttributes()), pick(r, []int64{0, hour, 60_000, 7_777})
			got, err := f.CountBy(context.Background(), q, by, step)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if d := cmp.Diff(plainCounts(want, by, step), got); d != "" {
				t.Fatalf("%s by %s and %d\n%s", name, by, step, d)
			}
		}
		// Pages stay good while the events move.
		for range 10 {
			q := randomQuery(r, f)
			before := f.plain(q)
			moves := 0
			found := f.pages(q, func() {
				if moves < 6 && chance(r, 50) {
					moves++
					step()
				}
			})
			checkMoving(t, before, f.plain(q), found)
		}
		checkIDs(t, f, r)
	}
}

func plainCounts(events []Event, by Attribute, step int64) []Bucket {
	counts := map[bucketKey]int64{}
	for _, e := range events {
		var r record
		newTaker().take(e.Message, &r)
		start := int64(0)
		if step > 0 {
			start = e.Time / step * step
		}
		attributes[by].values(&r, func(v []byte) { counts[bucketKey{start, string(v)}]++ })
	}
	var buckets []Bucket
	for k, n := range counts {
		buckets = append(buckets, Bucket{k.start, k.value, n})
	}
	slices.SortFunc(buckets, func(a, b Bucket) int {
		if a.Start != b.Start {
			return int(a.Start - b.Start)
		}
		return strings.Compare(a.Value, b.Value)
	})
	return buckets
}

// checkMoving: what was there from the beginning is found once; what came in
// between may be found, once; all in order.
func checkMoving(t *testing.T, before, after, found []Event) {
	t.Helper()
	rest := map[event.ID]bool{}
	for _, e := range found {
		if rest[e.ID] {
			t.Fatalf("event %x came twice", e.ID)
		}
		rest[e.ID] = true
	}
	for _, e := range before {
		if !rest[e.ID] {
			t.Fatalf("event %x did not come", e.ID)
		}
	}
	i := 0
	for _, e := range found {
		for i < len(after) && after[i].ID != e.ID {
			i++
		}
		if i == len(after) {
			t.Fatalf("event %x is out of order or was not asked for", e.ID)
		}
	}
}

func checkIDs(t *testing.T, f *fixture, r *rand.Rand) {
	t.Helper()
	from := testStart + r.Int64N(3*hour)
	to := from + r.Int64N(hour)
	found := map[event.ID]bool{}
	if err := f.IDs(context.Background(), f.group.ID, from, to, func(id event.ID) { found[id] = true }); err != nil {
		t.Fatal(err)
	}
	for _, e := range f.all {
		if e.Time >= from && e.Time <= to && !found[e.ID] {
			t.Fatalf("id %x is missing", e.ID)
		}
		delete(found, e.ID)
	}
	if len(found) > 0 {
		t.Fatalf("%d ids of no event", len(found))
	}
}
