package evidence_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/evidence"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// read is the Event of a record.
func read(record string) evidence.Event {
	r := evidence.NewReader()
	r.Read([]byte(record))
	return r.Event(noon)
}

func TestAnEventTellsWhoDidWhat(t *testing.T) {
	got := read(`{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ada","accountId":"444455556666","accessKeyId":"AKIAEXAMPLE"},
		"eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.7","userAgent":"aws-cli\/2",
		"errorCode":"AccessDenied","errorMessage":"not \"you\"","eventID":"e-1","recipientAccountId":"111122223333"}`)
	want := evidence.Event{
		Time: noon, EventID: "e-1", Source: "iam.amazonaws.com", Name: "CreateUser", Principal: "arn:aws:iam::111122223333:user/ada",
		AccessKey: "AKIAEXAMPLE", Address: "192.0.2.7", UserAgent: "aws-cli/2", Account: "111122223333", Region: "us-east-1",
		ErrorCode: "AccessDenied", ErrorMessage: `not "you"`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got.Action() != "iam:CreateUser" {
		t.Errorf("action %q", got.Action())
	}
}

func TestPrincipal(t *testing.T) {
	for identity, want := range map[string]string{
		`{"type":"IAMUser","arn":"arn:x","userName":"ada"}`:               "arn:x",
		`{"type":"IAMUser","userName":"HIDDEN","accountId":"1"}`:          "IAMUser HIDDEN",
		`{"type":"AWSService","invokedBy":"autoscaling.amazonaws.com"}`:   "autoscaling.amazonaws.com",
		`{"type":"SAMLUser","principalId":"p:ada"}`:                       "SAMLUser p:ada",
		`{"type":"AWSAccount","accountId":"111122223333"}`:                "AWSAccount 111122223333",
		`{"accountId":"111122223333"}`:                                    "111122223333",
		`{"type":"Unknown"}`:                                              "Unknown",
		`{"type":{"a":1},"arn":["b"],"principalId":null,"userName":true}`: "",
		`"ada"`: "",
	} {
		if got := read(`{"userIdentity":` + identity + `}`).Principal; got != want {
			t.Errorf("%s: %q, want %q", identity, got, want)
		}
	}
}

// What one record tells is gone when the next, which tells nothing, is read.
func TestNothingIsLeftOver(t *testing.T) {
	r := evidence.NewReader()
	r.Read([]byte(`{"eventName":"A","eventSource":"b","userIdentity":{"accountId":"1"},"errorCode":"c"}`))
	for _, record := range []string{`{}`, `[]`, `{"eventName":`, ``} {
		r.Read([]byte(record))
		if d := cmp.Diff(evidence.Event{Time: noon}, r.Event(noon)); d != "" {
			t.Errorf("%q: %s", record, d)
		}
	}
}

// hostile are texts that grow when they are written as JSON, or that a careless
// cut would break.
var hostile = map[string]string{
	"plain": "a", "quotes": `\"`, "control": `\u0001`, "null": `\u0000`, "markup": "<", "accent": "é", "kanji": "漢",
	"emoji": "🔔", "separator": "\u2028", "surrogate": `\ud83d`, "not UTF-8": "\xff", "cut UTF-8": "\xe6\xbc", "mixed": "a\xf0é<\\\"🔔",
}

func TestEventsAreBounded(t *testing.T) {
	for name, text := range hostile {
		for _, n := range []int{1, 31, 32, 200, 341, 512, 1023, 1024, 5000} {
			long := strings.Repeat(text, n)
			checkBounds(t, fmt.Sprint(name, " ", n), long)
		}
	}
}

func FuzzEventsAreBounded(f *testing.F) {
	for _, text := range hostile {
		f.Add(strings.Repeat(text, 700))
	}
	f.Fuzz(func(t *testing.T, text string) { checkBounds(t, "", text) })
}

// checkBounds reads a record with the text in every place.
func checkBounds(t *testing.T, name, text string) {
	t.Helper()
	e := read(strings.ReplaceAll(`{"eventName":"X","eventSource":"X","recipientAccountId":"X","awsRegion":"X","sourceIPAddress":"X",
		"userAgent":"X","errorCode":"X","errorMessage":"X","eventID":"X","userIdentity":{"arn":"X","accessKeyId":"X"}}`, "X", text))
	e.Time = time.Date(9998, 12, 31, 23, 59, 59, 999_000_000, time.UTC)
	encoded, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if len(encoded) > evidence.MaxEvent {
		t.Errorf("%s: %d bytes of JSON", name, len(encoded))
	}
	var back evidence.Event
	if err := json.Unmarshal(encoded, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(e, back); d != "" {
		t.Errorf("%s: JSON changes it: %s", name, d)
	}
	for _, s := range []string{e.Name, e.Principal, e.ErrorMessage, e.Action()} {
		if !utf8.ValidString(s) {
			t.Errorf("%s: %q is not UTF-8", name, s)
		}
	}
}

// A long text is cut between characters: what is left of it is its beginning.
func TestLongTextsAreCutBetweenCharacters(t *testing.T) {
	for _, c := range []string{"é", "漢", "🔔", "a"} {
		for shift := range 5 {
			long := strings.Repeat("x", shift) + strings.Repeat(c, 2000)
			r := evidence.NewReader()
			r.Read([]byte(`{"userAgent":"` + long + `"}`))
			text := string(r.Text(evidence.UserAgent))
			if len(text) > evidence.MaxText || len(text) < evidence.MaxText-3 || !strings.HasPrefix(long, text) || !utf8.ValidString(text) {
				t.Errorf("%d bytes are kept of %d times x and many %s, UTF-8 %v", len(text), shift, c, utf8.ValidString(text))
			}
			if shown := r.Event(noon).UserAgent; !strings.HasPrefix(long, shown) || len(shown) < 250 {
				t.Errorf("%d bytes are shown", len(shown))
			}
		}
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	record := []byte(`{"eventName":"A","eventSource":"iam.amazonaws.com","userIdentity":{"type":"Root","accountId":"1"},"errorCode":"c\n"}`)
	r := evidence.NewReader()
	if n := testing.AllocsPerRun(100, func() { r.Read(record) }); n != 0 {
		t.Errorf("%v allocations a record", n)
	}
}
