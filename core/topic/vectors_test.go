package topic

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vectors reads a file of cases that were recorded from AWS, documented by it or
// follow from either; each case names its source.
func vectors[T any](t *testing.T, file string) T {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "vectors", file))
	if err != nil {
		t.Fatal(err)
	}
	var cases T
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func TestVectorsFilterPolicies(t *testing.T) {
	type vector struct {
		Name, Source, Confidence string
		Policy                   json.RawMessage
		Attributes               map[string]Attribute
		Body                     *string
		Match                    bool
	}
	cases := vectors[[]vector](t, "sns_filter_policies.json")
	if len(cases) < 98 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			scope, m := MessageAttributes, Message{Default: "text", Attributes: c.Attributes}
			if c.Body != nil {
				scope, m.Default = MessageBody, *c.Body
			}
			p, err := ParseFilterPolicy(string(c.Policy), scope)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Decide(m, SQS); (got == Accepted) != c.Match {
				t.Errorf("decision %s, want match %v (%s, %s)", got, c.Match, c.Confidence, c.Source)
			}
		})
	}
}

func TestVectorsFilterPolicyErrors(t *testing.T) {
	type vector struct {
		Policy, Source, Confidence string
		Scope                      Scope
		Error                      *string
	}
	cases := vectors[[]vector](t, "sns_filter_policy_errors.json")
	if len(cases) < 40 {
		t.Fatalf("only %d cases", len(cases))
	}
	for i, c := range cases {
		t.Run(fmt.Sprintf("%d %.40s", i, c.Policy), func(t *testing.T) {
			_, err := ParseFilterPolicy(c.Policy, c.Scope)
			if c.Error == nil {
				if err != nil {
					t.Fatalf("refused (%s): %v", c.Source, err)
				}
				return
			}
			var invalid *InvalidError
			if !errors.As(err, &invalid) {
				t.Fatalf("accepted, or another error: %v", err)
			}
			got, _, _ := strings.Cut(strings.TrimPrefix(invalid.Message, "Invalid parameter: "), "\n")
			if want := *c.Error; got != "FilterPolicy: "+want && got != want || invalid.Code != "InvalidParameter" {
				t.Errorf("got %v, want %s (%s, %s)", err, want, c.Confidence, c.Source)
			}
		})
	}
}
