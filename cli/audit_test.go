package cli

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"tocsin/audit"
)

// A server that answers who asks and nothing else: whatever it refuses is named,
// and nothing is PASSED.
func TestAuditOfAnAccountThatRefuses(t *testing.T) {
	t.Run("the endpoint by a flag", func(t *testing.T) {
		auditOfAnAccountThatRefuses(t, func(url string) []string { return []string{"--endpoint-url", url} })
	})
	t.Run("by the environment", func(t *testing.T) {
		auditOfAnAccountThatRefuses(t, func(url string) []string { t.Setenv("AWS_ENDPOINT_URL", url); return nil })
	})
}

func auditOfAnAccountThatRefuses(t *testing.T, at func(url string) []string) {
	t.Helper()
	var calls, cbor atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if strings.Contains(r.URL.Path, "/operation/") || r.Header.Get("Smithy-Protocol") != "" {
			cbor.Add(1)
		}
		if err := r.ParseForm(); err == nil && r.PostForm.Get("Action") == "GetCallerIdentity" {
			w.Header().Set("Content-Type", "text/xml")
			if _, err := w.Write([]byte(`<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/a</Arn><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)); err != nil {
				t.Error(err)
			}
			return
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(http.StatusBadRequest)
		if _, err := w.Write([]byte(`{"__type":"AccessDeniedException","message":"no"}`)); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	ownCredentials(t)
	var out, errs strings.Builder
	s := Standard()
	s.Out, s.Err = &out, &errs
	if code := Main(t.Context(), append([]string{"audit", "--region", "us-east-1", "--json"}, at(server.URL)...), s); code != exitFindings {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	var got struct {
		Reports []struct {
			Findings []struct {
				Control, Summary string
				Status           audit.Status
			}
		}
	}
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil || len(got.Reports) != 1 || len(got.Reports[0].Findings) < 15 {
		t.Fatalf("%v: %s", err, out.String())
	}
	if calls.Load() == 0 || cbor.Load() > 0 {
		t.Errorf("%d of %d calls in CBOR, which not every server knows", cbor.Load(), calls.Load())
	}
	for _, f := range got.Reports[0].Findings {
		if f.Status != audit.NotAvailable || !strings.Contains(f.Summary, "cloudtrail:DescribeTrails on * in account 111122223333 (AccessDeniedException)") {
			t.Errorf("%s is %s: %s", f.Control, f.Status, f.Summary)
		}
	}
}

func TestStandIn(t *testing.T) {
	const all, s3 = "http://127.0.0.1:1", "http://127.0.0.1:2"
	for _, c := range []struct{ all, s3, ignore, want, wantS3 string }{
		{"", "", "", "", ""},
		{all, "", "", all, all},
		{all, "", "false", all, all},
		{all, s3, "", all, s3},
		{"", s3, "", "", s3},
		{all, s3, "True", "", ""},
	} {
		env := map[string]string{"AWS_ENDPOINT_URL": c.all, "AWS_ENDPOINT_URL_S3": c.s3, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": c.ignore}
		getenv := func(name string) string { return env[name] }
		if got, gotS3 := standIn(getenv, ""), standIn(getenv, "S3"); got != c.want || gotS3 != c.wantS3 {
			t.Errorf("%v: got %q, and %q for S3", c, got, gotS3)
		}
		want := "s3://logs" // what --resume noted of AWS is not believed of another server
		if c.wantS3 != "" {
			want += " at " + c.wantS3
		}
		v := validation{bucket: "logs", s: Streams{Getenv: getenv}}
		if place, err := v.resumePlace(); err != nil || place != want {
			t.Errorf("%v: --resume is about %q (%v), want %q", c, place, err, want)
		}
	}
}
