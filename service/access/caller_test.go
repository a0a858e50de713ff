package access_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/access"
	"tocsin/service/identity"
	"tocsin/service/servicetest"
	"tocsin/store/state"
	"tocsin/wire/sigv4"
)

func signedBy(id string) sigv4.Signer {
	return sigv4.Signer{AccessKeyID: id, Region: "eu-central-1", Service: "sns"}
}

// TestCaller is what is known of somebody who calls.
func TestCaller(t *testing.T) {
	h := newHouse(t)
	h.user("alice")
	made, err := h.iam.CreateAccessKey(h.ctx, &awsiam.CreateAccessKeyInput{UserName: aws.String("alice")})
	h.must(err)
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.RemoteAddr = "[::ffff:192.0.2.7]:4711"
	r.Host = "tocsin.example:8443"
	r.TLS = &tls.ConnectionState{}
	r.Header.Set("X-Forwarded-For", "10.0.0.1")
	r.Header.Set("Forwarded", "for=10.0.0.1")
	r.Header.Set("User-Agent", strings.Repeat("u", 2000))
	got, err := h.gate.Caller(t.Context(), signedBy(*made.AccessKey.AccessKeyId), r)
	h.must(err)
	if !strings.HasPrefix(got.Principal.ID, "AIDA") {
		t.Errorf("id %s", got.Principal.ID)
	}
	got.Principal.ID = ""
	if diff := cmp.Diff(service.Caller{
		Principal: policy.Principal{Type: policy.User, ARN: account + "user/alice"}, AccessKeyID: *made.AccessKey.AccessKeyId,
		Scope: servicetest.Scope, UserName: "alice", Time: h.world.Now(), SourceIP: netip.MustParseAddr("192.0.2.7"),
		UserAgent: strings.Repeat("u", 1024), TLS: true, Endpoint: "https://tocsin.example:8443",
	}, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}

	got, err = h.gate.Caller(t.Context(), signedBy(rootID), httptest.NewRequest(http.MethodPost, "/", nil))
	h.must(err)
	if got.Principal.Type != policy.Root || got.Principal.ARN != account+"root" || got.Account != servicetest.Account || got.Endpoint != "http://example.com" {
		t.Errorf("root: %+v", got)
	}

	signer := signedBy(rootID)
	signer.Service = "iam"
	if got, err = h.gate.Caller(t.Context(), signer, httptest.NewRequest(http.MethodPost, "/", nil)); err != nil || got.Region != "us-east-1" {
		t.Errorf("IAM is called in %s: %v", got.Region, err)
	}
	for _, region := range []string{"", "eu", "EU-CENTRAL-1", "eu-central-1:x", "eu-central-1\n", "*", "eu-*-1"} {
		signer := signedBy(rootID)
		signer.Region = region
		if _, err := h.gate.Caller(t.Context(), signer, r); err == nil || !strings.Contains(err.Error(), "Credential should be scoped to a valid region.") {
			t.Errorf("Region %q: %v", region, err)
		}
	}
	for _, region := range []string{"us-east-1", "us-gov-west-1", "ap-southeast-12", "us-isob-east-1"} {
		signer := signedBy(rootID)
		signer.Region = region
		if _, err := h.gate.Caller(t.Context(), signer, httptest.NewRequest(http.MethodPost, "/", nil)); err != nil {
			t.Errorf("Region %q: %v", region, err)
		}
	}
}

// TestNoRoot is that without a root key nobody is root, whatever he sends.
func TestNoRoot(t *testing.T) {
	w := servicetest.New(t)
	g := access.New(access.Options{State: w.State, Now: w.Now, Root: func() (string, string, string) { return "", "", "" }})
	if secret, ok, err := g.Secret(t.Context(), ""); ok || err != nil || secret != "" {
		t.Errorf("%q %t %v", secret, ok, err)
	}
}

// TestSecret is whose secret is told for a signature to be checked.
func TestSecret(t *testing.T) {
	h := newHouse(t)
	h.user("alice")
	made, err := h.iam.CreateAccessKey(h.ctx, &awsiam.CreateAccessKeyInput{UserName: aws.String("alice")})
	h.must(err)
	id := *made.AccessKey.AccessKeyId
	is := func(keyID, want string) {
		t.Helper()
		if got, ok, err := h.gate.Secret(t.Context(), keyID); got != want || ok != (want != "") || err != nil {
			t.Errorf("%s: %q %t %v", keyID, got, ok, err)
		}
	}
	set := func(status types.StatusType) {
		t.Helper()
		_, err := h.iam.UpdateAccessKey(h.ctx, &awsiam.UpdateAccessKeyInput{UserName: aws.String("alice"), AccessKeyId: &id, Status: status})
		h.must(err)
	}
	is(rootID, rootSecret)
	is(id, *made.AccessKey.SecretAccessKey)
	is(strings.ToLower(id), "")
	is("AKIANOSUCHNOSUCHNOSU", "")
	set(types.StatusTypeInactive)
	is(id, "")
	set(types.StatusTypeActive)
	is(id, *made.AccessKey.SecretAccessKey)
	_, err = h.iam.UpdateUser(h.ctx, &awsiam.UpdateUserInput{UserName: aws.String("alice"), NewUserName: aws.String("bob")})
	h.must(err)
	is(id, *made.AccessKey.SecretAccessKey)
	h.must(h.world.State.Update(t.Context(), func(tx *state.Tx) error { // as if a crash had left the key behind
		return identity.Users.Delete(t.Context(), tx, identity.Global(servicetest.Scope), "bob")
	}))
	is(id, "")
	h.user("bob")
	is(id, "")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ok, err := h.gate.Secret(ctx, id); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("the database cannot be read: %t %v", ok, err)
	}
}

// TestLastUse is that it is known to the minute when a key was used.
func TestLastUse(t *testing.T) {
	h := newHouse(t)
	h.user("alice")
	made, err := h.iam.CreateAccessKey(h.ctx, &awsiam.CreateAccessKeyInput{UserName: aws.String("alice")})
	h.must(err)
	start := h.world.Now()
	for _, step := range []struct {
		wait time.Duration
		gate *access.Gate
		want time.Duration // since the start
	}{
		{0, h.gate, 0},
		{30 * time.Second, h.gate, 0},
		{30 * time.Second, h.gate, time.Minute},
		{time.Second, newGate(h.world), time.Minute + time.Second}, // another process
		{-time.Hour, newGate(h.world), time.Minute + time.Second},  // with a slow clock
	} {
		h.world.Advance(step.wait)
		_, err := step.gate.Caller(t.Context(), signedBy(*made.AccessKey.AccessKeyId), httptest.NewRequest(http.MethodPost, "/", nil))
		h.must(err)
		used, err := h.iam.GetAccessKeyLastUsed(h.ctx, &awsiam.GetAccessKeyLastUsedInput{AccessKeyId: made.AccessKey.AccessKeyId})
		h.must(err)
		if got := used.AccessKeyLastUsed; !got.LastUsedDate.Equal(start.Add(step.want)) || *got.ServiceName != "sns" || *got.Region != "eu-central-1" {
			t.Errorf("used at %s for %s in %s, want %s", got.LastUsedDate, *got.ServiceName, *got.Region, start.Add(step.want))
		}
	}
}
