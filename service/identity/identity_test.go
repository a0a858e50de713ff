package identity_test

import (
	"encoding/base32"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tocsin/core/policy"
	"tocsin/service/identity"
	"tocsin/store/state"
)

func TestKeyIDs(t *testing.T) {
	form := regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`)
	seen := map[string]bool{}
	for _, account := range []string{"000000000000", "000000000001", "123456789012", "999999999999"} {
		for range 50 {
			id := identity.NewKeyID(identity.KeyID, account)
			if got, ok := identity.AccountOf(id); got != account || !ok || !form.MatchString(id) || seen[id] {
				t.Fatalf("%s of %s: %q %t", id, account, got, ok)
			}
			seen[id] = true
		}
	}
	for _, id := range []string{"", "AKIA", "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPL2", "akiaqqqqqqqqqqqqqqqq", "AKIAQQQQQQQQQQQQQQQ1", "AKIA" + strings.Repeat("7", 16)} {
		if account, ok := identity.AccountOf(id); ok {
			t.Errorf("%s is of %s", id, account)
		}
	}
	// What the documentation of AWS's own tools decodes: the first six bytes, without
	// the first bit and the last seven.
	bits, err := base32.StdEncoding.DecodeString(identity.NewKeyID(identity.SessionID, "123456789012")[4:])
	if err != nil || bits[0]&0x80 == 0 {
		t.Errorf("%x %v", bits, err)
	}
}

func TestNewIDs(t *testing.T) {
	for _, prefix := range []string{identity.UserID, identity.GroupID, identity.RoleID, identity.PolicyID} {
		if a, b := identity.NewID(prefix), identity.NewID(prefix); a == b || len(a) != 21 || !strings.HasPrefix(a, prefix) {
			t.Errorf("%s, %s", a, b)
		}
	}
	if a, b := identity.NewSecret(), identity.NewSecret(); a == b || len(a) != 40 {
		t.Errorf("a secret of %d characters", len(a))
	}
	if a, b := identity.NewToken(), identity.NewToken(); a == b || string(identity.HashToken(a)) == string(identity.HashToken(b)) {
		t.Error("two tokens are one")
	}
}

// TestManaged is that every policy that AWS manages is one that IAM takes, and that
// those by which people work are there.
func TestManaged(t *testing.T) {
	var names []string
	ids := map[string]bool{}
	for _, p := range identity.AllManaged() {
		if _, err := policy.Parse(p.Value.Document(), policy.Identity); err != nil {
			t.Errorf("%s: %v", p.Value.Name, err)
		}
		arn := identity.ARN(p.Scope, "policy", p.Value.Path, p.Value.Name)
		if found, ok := identity.Managed(arn); !ok || found.Value.ID != p.Value.ID || ids[p.Value.ID] || len(p.Value.ID) != 21 {
			t.Errorf("%s: %v", arn, found.Value.ID)
		}
		ids[p.Value.ID] = true
		names = append(names, p.Value.Name)
	}
	for _, name := range []string{
		"AdministratorAccess", "ReadOnlyAccess", "SecurityAudit", "CloudWatchLogsFullAccess", "AWSCloudTrail_FullAccess",
		"AWSCloudTrail_ReadOnlyAccess", "AmazonSNSFullAccess", "AmazonS3ReadOnlyAccess", "IAMReadOnlyAccess",
	} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is missing", name)
		}
	}
	if p, ok := identity.Managed("arn:aws-cn:iam::aws:policy/ReadOnlyAccess"); !ok || p.Partition != "aws-cn" {
		t.Errorf("in China: %v %t", p.Partition, ok)
	}
	for _, arn := range []string{"arn:aws:iam::aws:policy/readonlyaccess", "arn:aws:iam::aws:policy/job-function/ReadOnlyAccess", "arn:aws:iam::123456789012:policy/ReadOnlyAccess", "ReadOnlyAccess", ""} {
		if _, ok := identity.Managed(arn); ok {
			t.Errorf("%s is AWS's", arn)
		}
	}
}

func TestNamed(t *testing.T) {
	in := state.Scope{Partition: "aws", Account: "123456789012"}
	for _, c := range []struct{ arn, path, name string }{
		{"arn:aws:iam::123456789012:user/alice", "/", "alice"},
		{"arn:aws:iam::123456789012:user/a/b/alice", "/a/b/", "alice"},
	} {
		got, path, name, ok := identity.Named(c.arn, "user")
		if !ok || got != in || path != c.path || name != c.name || identity.ARN(got, "user", path, name) != c.arn {
			t.Errorf("%s: %v %s %s %t", c.arn, got, path, name, ok)
		}
	}
	for _, arn := range []string{
		"", "alice", "arn:aws:iam::123456789012:role/alice", "arn:aws:iam::123456789012:user", "arn:aws:iam::123456789012:user/", "arn:aws:iam::123456789012:user/a/",
		"arn:aws:iam:us-east-1:123456789012:user/alice", "arn:aws:sts::123456789012:user/alice", "urn:aws:iam::123456789012:user/alice",
	} {
		if _, path, name, ok := identity.Named(arn, "user"); ok {
			t.Errorf("%s is user %s%s", arn, path, name)
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	for _, v := range []any{
		identity.Key{User: "alice", Secret: "hush"},
		&identity.Key{Secret: "hush"},
		state.Resource[identity.Key]{Value: identity.Key{Secret: "hush"}},
		identity.Session{Secret: "hush"},
		[]identity.Session{{Secret: "hush"}},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "hush") {
				t.Errorf("%s of %T prints %s", verb, v, text)
			}
		}
	}
}
