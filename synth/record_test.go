package synth

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// memberOrder is the order of a delivered record's members.
var memberOrder = []string{
	"eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent", "errorCode", "errorMessage",
	"requestParameters", "responseElements", "additionalEventData", "requestID", "eventID", "readOnly", "resources", "eventType", "apiVersion",
	"managementEvent", "recipientAccountId", "sharedEventID", "vpcEndpointId", "eventCategory", "tlsDetails", "sessionCredentialFromConsole",
}

// TestEveryRecord renders every call in every ending, by every actor once.
func TestEveryRecord(t *testing.T) {
	calls := compileCalls()
	var casts []map[string]*actor
	for _, name := range Stories() {
		casts = append(casts, compileActors(stories[name].cast))
	}
	seed := uint64(0)
	for name, c := range calls {
		cast := casts[int(seed)%len(casts)]
		for who, a := range cast {
			ends := ending(seed % 4)
			seed++
			s := scene{account: "111122223333", region: "eu-west-1", sec: 1772524800, seed: seed, call: c, actor: a}
			raw := s.record(nil, c.failure(ends))
			if got := membersOf(t, raw); !inOrder(got) {
				t.Errorf("%s by %s: members %v", name, who, got)
			}
			if i := bytes.IndexAny(raw, "<>"); i >= 0 {
				t.Errorf("%s by %s: placeholder left at %s", name, who, raw[i:])
			}
			var compact bytes.Buffer
			if err := json.Compact(&compact, raw); err != nil || !bytes.Equal(compact.Bytes(), raw) {
				t.Errorf("%s by %s: not compact JSON (%v): %s", name, who, err, raw)
			}
		}
	}
}

func membersOf(t *testing.T, raw []byte) []string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	var names []string
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatalf("%v in %s", err, raw)
		}
		names = append(names, name.(string))
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatalf("%v in %s", err, raw)
		}
	}
	return names
}

func inOrder(names []string) bool {
	last := -1
	for _, n := range names {
		i := slices.Index(memberOrder, n)
		if i <= last {
			return false
		}
		last = i
	}
	return true
}

func TestTemplate(t *testing.T) {
	calls := compileCalls()
	cast := compileActors(nil)
	s := scene{account: "111122223333", region: "eu-west-1", sec: 1772531159, seed: 9, call: calls["rds.DescribeDBInstances"], actor: cast["backup"]}
	for _, test := range []struct{ template, want string }{
		{"<account>/<region>", "111122223333/eu-west-1"},
		{"<service> <command> <action>", "rds describe-db-instances rds:DescribeDBInstances"},
		{"<time>|<date>|<ms>", "2026-03-03T09:45:59Z|Mar 3, 2026, 9:45:59 AM|1772531159000"},
		{"<arn>", "arn:aws:iam::111122223333:user/backup"},
		{"<n:7-7><outcome>", "7Success"},
		{"<pick:a>", "a"},
	} {
		if got := string(s.expand(nil, compile(test.template))); got != test.want {
			t.Errorf("%s = %q, want %q", test.template, got, test.want)
		}
	}
	twice := strings.Split(string(s.expand(nil, compile("<guid> <guid> <guid:b> <bucket> <bucket>"))), " ")
	if twice[0] != twice[1] || twice[0] == twice[2] || twice[3] != twice[4] {
		t.Errorf("a placeholder has one value in a record, a tagged one another: %v", twice)
	}
	if len(twice[0]) != 36 || twice[0][14] != '4' || !strings.Contains("89ab", twice[0][19:20]) {
		t.Errorf("%s is not a random GUID", twice[0])
	}
	s.bound = compileBindings("bucket=mine-<account>")
	if got := string(s.expand(nil, compile("<bucket>"))); got != "mine-111122223333" {
		t.Errorf("bound bucket = %q", got)
	}
}

func TestSessionsLast(t *testing.T) {
	s := scene{account: "111122223333"}
	keys := make(map[string]int)
	for sec := int64(1772524800); sec < 1772524800+6*3600; sec += 60 {
		s.sec = sec
		keys[string(s.expand(nil, compile("ASIA<session:anna>|<since:anna>")))]++
	}
	if len(keys) != 7 {
		t.Errorf("%d sessions in six hours, want 7: six hours cut at a minute of the name's own", len(keys))
	}
}

func TestKebab(t *testing.T) {
	for name, want := range map[string]string{
		"GetObject": "get-object", "DescribeDBInstances": "describe-db-instances", "ListMFADevices": "list-mfa-devices", "Decrypt": "decrypt",
	} {
		if got := kebab(name); got != want {
			t.Errorf("kebab(%s) = %s, want %s", name, got, want)
		}
	}
}
