package cli

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tocsin/audit"
)

// What the first question of all is answered with, and what is told then.
func TestAuditThatNobodyAnswers(t *testing.T) {
	for code, want := range map[string]string{
		"ExpiredToken":         "the credentials have expired (ExpiredToken); renew them",
		"RequestExpired":       "the credentials have expired (RequestExpired)",
		"InvalidClientTokenId": "AWS does not know the credentials, or the Region us-east-1 is not enabled for the account",
		"SomethingElse":        "who is asking is not told: SomethingElse: no",
	} {
		f := newOrganization(t)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/xml")
			w.WriteHeader(http.StatusForbidden)
			if _, err := fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>no</Message></Error></ErrorResponse>`, code); err != nil {
				t.Error(err)
			}
		}))
		f.URL = server.URL
		got, out, errs := f.run(t.Context())
		server.Close()
		if got != exitFailed || out != "" || !strings.Contains(errs, "tocsin audit: "+want) {
			t.Errorf("%s: exit code %d, %q, %q", code, got, out, errs)
		}
	}
	f := newOrganization(t)
	f.Close()
	if got, out, errs := f.run(t.Context()); got != exitFailed || out != "" || !strings.Contains(errs, f.URL+" cannot be reached: ") {
		t.Errorf("exit code %d, %q, %q", got, out, errs)
	}
}

// Without credentials, and with a profile that is not there or needs signing in.
func TestAuditWithoutCredentials(t *testing.T) {
	f := newOrganization(t)
	configuration := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(configuration, []byte("[profile prod]\nsso_start_url=https://x.awsapps.com/start\nsso_region=us-east-1\nsso_account_id=111122223333\nsso_role_name=R\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_CONFIG_FILE", configuration)
	for _, row := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--profile", "prdo"}, exitUsage, "--profile: the AWS configuration has no profile prdo; did you mean prod?"},
		{[]string{"--profile", "prod"}, exitFailed, "profile prod: you are not signed in, or not any more: aws sso login --profile prod"},
	} {
		if code, out, errs := f.run(t.Context(), row.args...); code != row.code || out != "" || !strings.Contains(errs, row.want) {
			t.Errorf("%v: exit code %d, %q, %q", row.args, code, out, errs)
		}
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	if code, out, errs := f.run(t.Context()); code != exitFailed || out != "" || !strings.Contains(errs, "there are no AWS credentials: name a --profile") {
		t.Errorf("exit code %d, %q, %q", code, out, errs)
	}
	// One profile of several does not take the other down.
	if err := os.WriteFile(configuration, []byte("[profile good]\naws_access_key_id=ASIA111122223333\naws_secret_access_key=s\n[profile bad]\nsso_start_url=https://x.awsapps.com/start\nsso_region=us-east-1\nsso_account_id=1\nsso_role_name=R\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := f.run(t.Context(), "--profile", "bad,good", "--json")
	if code != exitFindings {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	got := reportsOf(t, out)
	if r := got[" us-east-1"]; r == nil || !strings.Contains(r.Unasked, "profile bad: ") || got["111122223333 us-east-1"].Count(audit.Failed) == 0 {
		t.Errorf("%s", out)
	}
}

func TestAuditOptionsThatDoNotGoTogether(t *testing.T) {
	for _, row := range []struct{ args, want string }{
		{"--organization", "--organization needs --role"},
		{"--account 222233334444", "--account needs --role"},
		{"--account 2222 --role R", `--account: "2222" is no account, which has 12 digits`},
		{"--role arn:aws:iam::111122223333:role/R", "only the role's name is wanted, which is the same in each account: R"},
		{"--observed-by 222233334444", "--observed-by needs --role"},
		{"--observed-by 2222 --role R", `--observed-by: "2222" is no account, which has 12 digits`},
		{"--external-id x", "--external-id goes with --role"},
		{"--organization --role R --profile a,b", "go with one --profile"},
		{"--workers 0", "at least one account at a time"},
		{"--region us-esat1", `--region: "us-esat1" is no Region; did you mean us-east-1?`},
		{"--regions-in-use here", `--regions-in-use: "here" is no Region`},
		{"--format htlm", "did you mean html?"},
	} {
		var errs strings.Builder
		s := Streams{In: strings.NewReader(""), Out: io.Discard, Err: &errs, Now: Standard().Now, Getenv: func(string) string { return "" }}
		if code := Main(t.Context(), append([]string{"audit"}, strings.Fields(row.args)...), s); code != exitUsage || !strings.Contains(errs.String(), row.want) {
			t.Errorf("%s: exit code %d: %s", row.args, code, errs.String())
		}
	}
}

// A baseline accepts what it names and nothing worse.
func TestBaseline(t *testing.T) {
	was := audit.Finding{
		Account: "1", Region: "r", Control: "c", Status: audit.Failed, Missed: []string{"a", "b"}, Broke: 0, Path: []audit.Link{{Kind: audit.AlarmLink, Name: "x", Rank: audit.Broken}},
	}
	b := &baseline{map[baselineKey][]audit.Finding{{"1", "r", "c", audit.Failed}: {was}}}
	for name, row := range map[string]struct {
		change func(*audit.Finding)
		want   bool
	}{
		"the same":          {func(*audit.Finding) {}, true},
		"fewer events":      {func(f *audit.Finding) { f.Missed = []string{"b"} }, true},
		"another event":     {func(f *audit.Finding) { f.Missed = []string{"b", "c"} }, false},
		"another link":      {func(f *audit.Finding) { f.Path = []audit.Link{{Kind: audit.TopicLink, Rank: audit.Broken}} }, false},
		"another name":      {func(f *audit.Finding) { f.Path = []audit.Link{{Kind: audit.AlarmLink, Name: "y", Rank: audit.Broken}} }, true},
		"another status":    {func(f *audit.Finding) { f.Status = audit.NotAvailable }, false},
		"another account":   {func(f *audit.Finding) { f.Account = "2" }, false},
		"another Region":    {func(f *audit.Finding) { f.Region = "s" }, false},
		"passed needs none": {func(f *audit.Finding) { f.Status = audit.Passed }, false},
	} {
		f := was
		row.change(&f)
		if got := b.accepts(&f); got != row.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// What --json wrote accepts all of it, in each form that can show it.
func TestAuditByItsOwnBaseline(t *testing.T) {
	f := newOrganization(t)
	code, out, errs := f.run(t.Context(), "--json")
	if code != exitFindings {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	file := filepath.Join(t.TempDir(), "accepted.json")
	if err := os.WriteFile(file, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	for format, want := range map[string]string{
		"table": "accepted by the baseline", "json": `"accepted": [`, "junit": `failures="0"`, "sarif": `"suppressions"`, "html": "accepted by the baseline", "asff": `"tocsin/accepted":"true"`, "ocsf": `"status":"Suppressed"`,
	} {
		if code, out, errs := f.run(t.Context(), "--baseline", file, "--format", format); code != exitDone || !strings.Contains(out, want) {
			t.Errorf("%s: exit code %d: %s%s", format, code, errs, out)
		}
	}
}

// Only what would be answered the same way another time is noted as done.
func TestAuditPassing(t *testing.T) {
	d := &auditDoors{entered: map[string]*door{"2": {err: errors.New("role x cannot be assumed")}}}
	for name, row := range map[string]struct {
		m    audit.Missing
		want bool
	}{
		"denied":          {audit.Missing{Code: "AccessDenied", Message: "no"}, true},
		"expired":         {audit.Missing{Code: "ExpiredTokenException", Message: "no"}, false},
		"throttled":       {audit.Missing{Code: "ThrottlingException", Message: "no"}, false},
		"nobody answered": {audit.Missing{Code: "dial tcp", Message: "dial tcp"}, false},
		"closed door":     {audit.Missing{Account: "2", Code: "role x cannot be assumed", Message: "role x cannot be assumed"}, true},
		"no role":         {audit.Missing{Account: "3", Code: errNoRole("3").Error(), Message: errNoRole("3").Error()}, true},
	} {
		if got := d.settled([]audit.Missing{row.m}); got != row.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
