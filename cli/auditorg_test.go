package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"tocsin/audit/report"
)

// A fakeOrganization answers the SDK over HTTP: its management account is
// 111122223333, whose credentials everybody starts with; a role is assumed by an
// access key that names the account. No account has a trail.
type fakeOrganization struct {
	*httptest.Server
	accounts []string // of the organization, with state and name: "222233334444 ACTIVE web"
	closed   []string // accounts whose role cannot be assumed
	refused  string   // error of ListAccounts
	hold     func(account string)
	// interrupt tells that the client is about to go away; it is waited for then.
	interrupt func(account string) bool

	mu    sync.Mutex
	asked map[string]int // guarded by mu: calls by account and action
}

var (
	keyOfCall = regexp.MustCompile(`Credential=([^/]+)/`)
	ofRole    = regexp.MustCompile(`iam::(\d+):role/(.+)`)
)

func newOrganization(t *testing.T, accounts ...string) *fakeOrganization {
	t.Helper()
	f := &fakeOrganization{accounts: accounts, asked: map[string]int{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	ownCredentials(t)
	return f
}

// ownCredentials are those of the management account, whatever the machine has.
func ownCredentials(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_PROFILE": "", "AWS_SESSION_TOKEN": "", "AWS_WEB_IDENTITY_TOKEN_FILE": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "", "AWS_EC2_METADATA_DISABLED": "true", "AWS_ACCESS_KEY_ID": "ASIA111122223333", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_CONFIG_FILE": filepath.Join(t.TempDir(), "none"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(t.TempDir(), "none"),
	} {
		t.Setenv(name, value)
	}
}

func (f *fakeOrganization) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	account := "nobody"
	if m := keyOfCall.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		account = strings.TrimPrefix(m[1], "ASIA")
	}
	target := r.Header.Get("X-Amz-Target")
	_, action, _ := strings.Cut(target, ".")
	action = action[strings.LastIndexByte(action, '.')+1:]
	if target == "" && r.ParseForm() == nil {
		action = r.PostForm.Get("Action")
	}
	f.mu.Lock()
	f.asked[account+" "+action]++
	f.mu.Unlock()
	if action == "DescribeTrails" && f.hold != nil {
		f.hold(account)
	}
	if action == "DescribeTrails" && f.interrupt != nil && f.interrupt(account) {
		_, _ = io.Copy(io.Discard, r.Body) // or nobody looks whether the client is there
		<-r.Context().Done()
		return
	}
	status, text := f.answer(account, action, r)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if strings.HasPrefix(text, "<") {
		w.Header().Set("Content-Type", "text/xml")
	}
	w.WriteHeader(status)
	fmt.Fprint(w, text)
}

func (f *fakeOrganization) answer(account, action string, r *http.Request) (int, string) {
	switch action {
	case "GetCallerIdentity":
		return 200, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::` + account + `:user/a</Arn><Account>` + account + `</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`
	case "AssumeRole":
		role := ofRole.FindStringSubmatch(r.PostForm.Get("RoleArn"))
		if role == nil || slices.Contains(f.closed, role[1]) {
			return 403, `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>`
		}
		return 200, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA` + role[1] +
			`</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`
	case "ListAccounts":
		return f.listAccounts(r)
	case "DescribeTrails":
		return 200, `{"trailList":[]}`
	}
	return 400, `{"__type":"AccessDeniedException","message":"no"}`
}

// listAccounts gives two accounts a page.
func (f *fakeOrganization) listAccounts(r *http.Request) (int, string) {
	if f.refused != "" {
		return 400, `{"__type":"` + f.refused + `","message":"no"}`
	}
	var in struct{ NextToken string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return 400, `{"__type":"InvalidInputException"}`
	}
	from := len(in.NextToken)
	var page []map[string]string
	for _, a := range f.accounts[from:min(from+2, len(f.accounts))] {
		fields := strings.SplitN(a, " ", 3)
		page = append(page, map[string]string{"Id": fields[0], "State": fields[1], "Name": fields[2]})
	}
	out := map[string]any{"Accounts": page}
	if from+2 < len(f.accounts) {
		out["NextToken"] = strings.Repeat("x", from+2)
	}
	text, err := json.Marshal(out)
	if err != nil {
		return 500, "{}"
	}
	return 200, string(text)
}

// calls is how often an account was asked.
func (f *fakeOrganization) calls(account, action string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[account+" "+action]
}

// run is the command with --endpoint-url.
func (f *fakeOrganization) run(ctx context.Context, args ...string) (code int, out, errs string) {
	var stdout, stderr strings.Builder
	s := Standard()
	s.Out, s.Err = &stdout, &stderr
	code = Main(ctx, append([]string{"audit", "--endpoint-url", f.URL, "--region", "us-east-1"}, args...), s)
	return code, stdout.String(), stderr.String()
}

func reportsOf(t *testing.T, text string) map[string]*report.Report {
	t.Helper()
	var got report.Audit
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	all := map[string]*report.Report{}
	for i := range got.Reports {
		all[got.Reports[i].Account+" "+got.Reports[i].Region] = &got.Reports[i]
	}
	return all
}

// All active accounts are audited, by the role; one that cannot be entered does
// not take the rest down.
func TestAuditOfAnOrganization(t *testing.T) {
	f := newOrganization(t, "999900001111 ACTIVE z", "111122223333 ACTIVE root", "222233334444 ACTIVE web", "333344445555 SUSPENDED old", "444455556666 ACTIVE closed")
	f.closed = []string{"444455556666"}
	code, out, errs := f.run(t.Context(), "--organization", "--role", "SecurityAudit", "--json")
	if code != exitFindings {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	got := reportsOf(t, out)
	if len(got) != 4 {
		t.Fatalf("%d reports", len(got))
	}
	for id, name := range map[string]string{"999900001111": "z", "111122223333": "root", "222233334444": "web"} {
		r := got[id+" us-east-1"]
		if r.Name != name || r.Unasked != "" || r.Count("FAILED") < 15 {
			t.Errorf("%s: %+v", id, r)
		}
	}
	closed := got["444455556666 us-east-1"]
	if closed.Count("NOT_AVAILABLE") != len(closed.Findings) || len(closed.Findings) < 15 ||
		!strings.Contains(closed.Unasked, "arn:aws:iam::444455556666:role/SecurityAudit cannot be assumed") || !strings.Contains(closed.Findings[0].Summary, "cannot be assumed") {
		t.Errorf("%+v", closed)
	}
	for _, want := range []string{
		"1 account of the organization left out: not active", "4 of 4: ", "1 of 4 accounts and Regions could not be asked",
		"444455556666 (closed), us-east-1: could not be asked: arn:aws:iam::444455556666:role/SecurityAudit cannot be assumed",
	} {
		if !strings.Contains(errs, want) {
			t.Errorf("standard error does not say %q:\n%s", want, errs)
		}
	}
	if f.calls("111122223333", "ListAccounts") != 3 || f.calls("333344445555", "DescribeTrails") != 0 || f.calls("111122223333", "DescribeTrails") != 1 {
		t.Errorf("asked: %v", f.asked)
	}
	// Of accounts that are named, only these; without the organization they are not looked up.
	_, out, _ = f.run(t.Context(), "--organization", "--role", "SecurityAudit", "--account", "222233334444", "--json")
	if got := reportsOf(t, out); len(got) != 1 {
		t.Errorf("%d reports", len(got))
	}
	_, out, _ = f.run(t.Context(), "--role", "SecurityAudit", "--account", "222233334444,777788889999,222233334444", "--region", "eu-west-1", "--json")
	if got := reportsOf(t, out); len(got) != 4 || got["777788889999 eu-west-1"].Count("FAILED") == 0 {
		t.Errorf("%d reports", len(got))
	}
}

func TestAuditOfAnOrganizationThatIsNotToBeHad(t *testing.T) {
	f := newOrganization(t, "111122223333 ACTIVE root")
	for _, row := range []struct {
		refused string
		args    []string
		code    int
		want    string
	}{
		{"AWSOrganizationsNotInUseException", nil, exitFailed, "account 111122223333 belongs to no organization"},
		{"AccessDeniedException", nil, exitFailed, "organizations:ListAccounts"},
		{"", []string{"--account", "222233334444"}, exitUsage, "the organization has no account 222233334444"},
	} {
		f.refused = row.refused
		code, out, errs := f.run(t.Context(), append([]string{"--organization", "--role", "R"}, row.args...)...)
		if code != row.code || out != "" || !strings.Contains(errs, row.want) {
			t.Errorf("%s: exit code %d, %q, %q", row.refused, code, out, errs)
		}
	}
	f.refused, f.closed, f.accounts = "", []string{"222233334444"}, []string{"222233334444 ACTIVE x"}
	if code, out, errs := f.run(t.Context(), "--organization", "--role", "R"); code != exitFailed || out != "" || !strings.Contains(errs, "cannot be assumed") {
		t.Errorf("exit code %d, %q, %q", code, out, errs)
	}
}

// What is done is noted, and not asked again; what could not be asked is.
func TestAuditGoesOn(t *testing.T) {
	f := newOrganization(t, "111122223333 ACTIVE root", "222233334444 ACTIVE web", "444455556666 ACTIVE closed")
	f.closed = []string{"444455556666"}
	notes := filepath.Join(t.TempDir(), "notes")
	args := []string{"--organization", "--role", "SecurityAudit", "--json", "--resume", notes}
	code, first, errs := f.run(t.Context(), args...)
	if code != exitFindings {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	f.closed = nil
	// A run that was killed leaves half a line.
	file, err := os.OpenFile(notes, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"account":"7777`); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	code, second, errs := f.run(t.Context(), args...)
	if code != exitFindings || !strings.Contains(errs, "2 of 3 accounts and Regions are from --resume") {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	for _, id := range []string{"111122223333", "222233334444", "444455556666"} {
		if n := f.calls(id, "DescribeTrails"); n != 1 {
			t.Errorf("%s was asked %d times", id, n)
		}
	}
	was, is := reportsOf(t, first), reportsOf(t, second)
	for _, id := range []string{"111122223333 us-east-1", "222233334444 us-east-1"} {
		had, err := json.Marshal(was[id])
		if err != nil {
			t.Fatal(err)
		}
		have, err := json.Marshal(is[id])
		if err != nil {
			t.Fatal(err)
		}
		if string(had) != string(have) {
			t.Errorf("%s is another report:\n%s\n%s", id, had, have)
		}
	}
	if r := is["444455556666 us-east-1"]; r.Unasked != "" || r.Count("FAILED") == 0 {
		t.Errorf("%+v", r)
	}
	for flag, want := range map[string]string{
		"--benchmark=5.0.0":    "was begun with --benchmark 7.0.0, and this one is with --benchmark 5.0.0",
		"--control=root-usage": "was begun with no --control, and this one is with --control root-usage",
		"--role=Other":         "was begun with --role SecurityAudit, and this one is with --role Other",
	} {
		if code, out, errs := f.run(t.Context(), append(args, flag)...); code != exitUsage || out != "" || !strings.Contains(errs, want) {
			t.Errorf("%s: exit code %d, %s%s", flag, code, out, errs)
		}
	}
	text, err := os.ReadFile(notes)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n != 4 {
		t.Errorf("%d lines are noted, want 4", n)
	}
	if err := os.WriteFile(notes, append(text, "{\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := f.run(t.Context(), args...); code != exitUsage || !strings.Contains(errs, "line 5 is not what --resume writes") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// Whoever interrupts gets what is done, and is told how to go on.
func TestAuditInterrupted(t *testing.T) {
	f := newOrganization(t, "111122223333 ACTIVE root", "222233334444 ACTIVE web", "444455556666 ACTIVE app")
	notes := filepath.Join(t.TempDir(), "notes")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	f.interrupt = func(account string) bool {
		if account == "222233334444" {
			interrupt()
		}
		return account == "222233334444"
	}
	args := []string{"--organization", "--role", "R", "--workers", "1", "--json", "--resume", notes}
	code, out, errs := f.run(ctx, args...)
	if code != exitFailed || !strings.Contains(errs, "interrupted: 1 of 3 accounts and Regions are done and written; the same command goes on from there") {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	got := reportsOf(t, out)
	if got["111122223333 us-east-1"].Count("FAILED") == 0 || !strings.Contains(got["444455556666 us-east-1"].Unasked, "interrupted") ||
		got["222233334444 us-east-1"].Count("NOT_AVAILABLE") == 0 || got["222233334444 us-east-1"].Count("PASSED") != 0 {
		t.Errorf("%v", out)
	}
	f.interrupt = nil
	if code, _, errs = f.run(t.Context(), args...); code != exitFindings || f.calls("111122223333", "DescribeTrails") != 1 {
		t.Errorf("exit code %d, asked %v: %s", code, f.asked, errs)
	}
	ctx, interrupt = context.WithCancel(t.Context())
	f.interrupt = func(string) bool { interrupt(); return true }
	if code, out, errs := f.run(ctx); code != exitFailed || out != "" || !strings.Contains(errs, "interrupted") {
		t.Errorf("exit code %d: %q %q", code, out, errs)
	}
}
