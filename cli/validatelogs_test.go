package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"tocsin/cli"
	"tocsin/core/digest"
	"tocsin/core/event"
	"tocsin/flow"
)

// A cloud is a server with S3 and, under the path of each world, CloudTrail and
// Organizations.
type cloud struct {
	url    string
	worlds map[string]*world // by path
	faults map[string]fault  // by path of an object
}

// A fault is what the server does instead of giving an object.
type fault func(http.ResponseWriter)

// refuses answers with an error of S3.
func refuses(status int, code string) fault {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code)
	}
}

// cuts ends the connection within the body.
func cuts(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "1000")
	_, _ = w.Write([]byte("\x1f\x8b\x08")) // the client may be gone
	panic(http.ErrAbortHandler)
}

func newCloud(t *testing.T, scenarios []scenario) *cloud {
	t.Helper()
	c := &cloud{worlds: map[string]*world{}, faults: map[string]fault{}}
	storage := s3mem.New()
	s3 := gofakes3.New(storage).Server()
	buckets := map[string]bool{}
	for _, s := range scenarios {
		w := newWorld(t, s.slug())
		first := w.bucket
		s.build(w)
		c.worlds[s.slug()] = w
		for _, name := range []string{first, w.bucket} {
			w.objects[digest.Place{Bucket: name, Key: "zz"}] = object{} // so that the bucket exists
		}
		for at, f := range w.faults {
			c.faults["/"+at.Bucket+"/"+at.Key] = f
		}
		for at, o := range w.objects {
			if !buckets[at.Bucket] {
				buckets[at.Bucket] = true
				if err := storage.CreateBucket(at.Bucket); err != nil {
					t.Fatal(err)
				}
			}
			meta := map[string]string{}
			for name, value := range o.meta {
				meta["X-Amz-Meta-"+name] = value
			}
			if _, err := storage.PutObject(at.Bucket, at.Key, meta, bytes.NewReader(o.body), int64(len(o.body)), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target := r.Header.Get("X-Amz-Target")
		if f := c.faults[r.URL.Path]; f != nil {
			f(w)
			return
		}
		if target == "" {
			s3.ServeHTTP(&asS3{ResponseWriter: w}, r)
			return
		}
		world := c.worlds[strings.Trim(r.URL.Path, "/")]
		if world == nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if err := json.NewEncoder(w).Encode(world.answer(target[strings.LastIndexByte(target, '.')+1:], r)); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

// asS3 writes the names of user metadata in lower case, as S3 does; Python cares.
type asS3 struct {
	http.ResponseWriter
	begun bool
}

func (w *asS3) WriteHeader(status int) {
	w.begun = true
	h := w.Header()
	for name, values := range h {
		if strings.HasPrefix(name, "X-Amz-Meta-") {
			delete(h, name)
			h[strings.ToLower(name)] = values
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *asS3) Write(p []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

// answer is what the APIs say.
func (w *world) answer(operation string, r *http.Request) any {
	switch operation {
	case "ListPublicKeys":
		var in struct{ StartTime, EndTime float64 }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			w.t.Error(err)
		}
		return w.publicKeys(time.Unix(int64(in.StartTime), 0), time.Unix(int64(in.EndTime), 0))
	case "DescribeTrails":
		trails := []any{}
		if !w.unlisted {
			trails = append(trails, map[string]any{"TrailARN": w.arn, "S3BucketName": w.bucket, "S3KeyPrefix": w.trail.Prefix, "IsOrganizationTrail": w.org})
		}
		return map[string]any{"trailList": trails}
	case "DescribeOrganization":
		return map[string]any{"Organization": map[string]any{"Id": w.trail.OrganizationID}}
	}
	w.t.Errorf("%s is asked for", operation)
	return nil
}

// arguments are those that the AWS CLI's command and ours share.
func (w *world) arguments() []string {
	args := []string{"--trail-arn", w.arn, "--start-time", w.from.Format(time.RFC3339), "--end-time", w.to.Format(time.RFC3339)}
	if !w.byARN {
		args = append(args, "--s3-bucket", w.bucket)
		if w.trail.Prefix != "" {
			args = append(args, "--s3-prefix", w.trail.Prefix)
		}
	}
	return append(args, w.args...)
}

// use points this process at a world.
func (c *cloud) use(t *testing.T, path string) {
	for _, pair := range c.environment(path) {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	t.Setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", c.url+"/"+path)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
}

func (c *cloud) environment(path string) []string {
	return []string{
		"AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_DEFAULT_REGION=eu-west-1", "AWS_REGION=eu-west-1",
		"AWS_ENDPOINT_URL_S3=" + c.url, "AWS_ENDPOINT_URL_ORGANIZATIONS=" + c.url + "/" + path,
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
	}
}

// An outcome is what a program leaves. Both is standard output and error in the
// order of writing; empty when that is not known.
type outcome struct {
	Code                 int
	Stdout, Stderr, Both string
}

// runBoth is run with one place for what goes to both streams.
func runBoth(ctx context.Context, args ...string) (o outcome) {
	var out, errs, both bytes.Buffer
	o.Code = cli.Main(ctx, args, cli.Streams{
		In: strings.NewReader(""), Out: io.MultiWriter(&out, &both), Err: io.MultiWriter(&errs, &both), Now: time.Now, Getenv: func(string) string { return "" },
	})
	o.Stdout, o.Stderr, o.Both = out.String(), errs.String(), both.String()
	return o
}

// summary writes a report in the short form of the scenarios.
func summary(t *testing.T, text string) string {
	t.Helper()
	type finding struct {
		Kind, File, Reason string
		Inferred           bool
	}
	var raw struct {
		Chains []struct {
			Digests  flow.Verdicts
			Backfill flow.Verdicts `json:"backfill_digests"`
			Logs     flow.Verdicts `json:"log_files"`
			Covered  []digest.Span
			Holes    []struct {
				digest.Span
				Cause string
			}
			Findings []finding
		}
		Folders []flow.FolderReport
	}
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	hours := func(at time.Time) string { return strconv.FormatFloat(at.Sub(zero).Hours(), 'g', 3, 64) }
	var said []string
	var findings []string
	for _, c := range raw.Chains {
		for _, k := range []struct {
			name  string
			count flow.Verdicts
			show  bool
		}{{"d", c.Digests, c.Digests.Total() > 0}, {"b", c.Backfill, c.Backfill.Total() > 0}, {"l", c.Logs, true}} {
			if k.show {
				said = append(said, fmt.Sprintf("%s%d/%d", k.name, k.count.Valid, k.count.Total()))
			}
		}
		type piece struct {
			at   time.Time
			text string
		}
		var pieces []piece
		for _, s := range c.Covered {
			pieces = append(pieces, piece{s.From, "[" + hours(s.From) + " " + hours(s.To) + "]"})
		}
		for _, h := range c.Holes {
			pieces = append(pieces, piece{h.From, h.Cause + "(" + hours(h.From) + " " + hours(h.To) + ")"})
		}
		slices.SortFunc(pieces, func(a, b piece) int { return a.at.Compare(b.at) })
		for _, p := range pieces {
			said = append(said, p.text)
		}
		for _, f := range c.Findings {
			kind := map[string]string{"digest": "digest", "backfill digest": "backfill", "log file": "log"}[f.Kind]
			mark := ""
			if f.Inferred {
				mark = "?"
			}
			findings = append(findings, kind+" "+hourOf(f.File)+mark+" "+f.Reason)
		}
	}
	for _, f := range raw.Folders {
		if f.Uncovered > 0 {
			said = append(said, fmt.Sprintf("+%d", f.Uncovered))
		}
		for _, name := range f.Unnamed {
			findings = append(findings, "unnamed "+hourOf(name))
		}
	}
	return strings.Join(append([]string{strings.Join(said, " ")}, findings...), "; ")
}

// hourOf is the hour that a name says: of a digest its end, of a log file its stamp.
func hourOf(name string) string {
	_, end, _, ok := digest.ParseKey(name)
	if !ok {
		k, _ := event.ParseKey(name)
		end = k.Time.Add(30 * time.Second)
	}
	return strconv.FormatFloat(end.Sub(zero).Hours(), 'g', 3, 64)
}

func TestValidateLogsTellsWhatIsWrong(t *testing.T) {
	c := newCloud(t, scenarios)
	if len(scenarios) < 40 {
		t.Errorf("%d scenarios", len(scenarios))
	}
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			c.use(t, s.slug())
			w := c.worlds[s.slug()]
			code, out, errs := run(t.Context(), append([]string{"validate-logs", "--format", "json"}, w.arguments()...)...)
			checkOutcome(t, s, code, out, errs)
		})
	}
}

func checkOutcome(t *testing.T, s scenario, code int, out, errs string) {
	t.Helper()
	if code != s.code {
		t.Errorf("exit code %d, want %d: %s", code, s.code, errs)
	}
	if s.fails != "" {
		if out != "" || !strings.Contains(errs, s.fails) {
			t.Errorf("%s%s, want an error with %q", out, errs, s.fails)
		}
		return
	}
	if errs != "" {
		t.Errorf("standard error: %s", errs)
	}
	if out == "" {
		return
	}
	if got := summary(t, out); got != s.want {
		t.Errorf("\n got %s\nwant %s", got, s.want)
	}
}

// A directory with the metadata beside the files says the same.
func TestValidateLogsOfAMirror(t *testing.T) {
	c := newCloud(t, scenarios)
	for _, s := range scenarios {
		w := c.worlds[s.slug()]
		if w.byARN || strings.Contains(s.name, "bucket") {
			continue // there the bucket matters, and a directory has none
		}
		t.Run(s.name, func(t *testing.T) {
			dir := t.TempDir()
			w.mirror(dir, "")
			keys := w.keysFile(dir)
			args := append([]string{"validate-logs", "--format", "json", "--public-keys", keys}, w.arguments()...)
			args = slices.DeleteFunc(args, func(a string) bool {
				return a == "--s3-bucket" || a == "--s3-prefix" || a == w.bucket || a == w.trail.Prefix && a != ""
			})
			want := s
			switch s.name {
			case "there are no keys":
				want.fails, want.code = "no public keys", 2 // the file has none
			case "a digest has no metadata": // a copy often has none: the next digest has its signature
				want.want, want.code = scenarios[0].want, 0
			}
			code, out, errs := run(t.Context(), append(args, dir)...)
			checkOutcome(t, want, code, out, errs)
		})
	}
}

// mirror writes the world's bucket into a directory, without the part of the
// keys that is cut off.
func (w *world) mirror(dir, cut string) {
	for at, o := range w.objects {
		name := filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(at.Key, cut)))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(name, o.body, 0o644); err != nil {
			w.t.Fatal(err)
		}
		if o.meta == nil {
			continue
		}
		text, err := json.Marshal(map[string]any{"ContentType": "application/json", "Metadata": o.meta})
		if err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(name+".metadata.json", text, 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
}

// keysFile writes what list-public-keys prints.
func (w *world) keysFile(dir string) string {
	text, err := json.Marshal(w.publicKeys(at(-10_000), at(10_000)))
	if err != nil {
		w.t.Fatal(err)
	}
	name := filepath.Join(dir, ".keys.json")
	if err := os.WriteFile(name, text, 0o644); err != nil {
		w.t.Fatal(err)
	}
	return name
}

// The AWS CLI itself, on the same server: its lines and its exit status are
// those of --format aws.
func TestValidateLogsAsTheAWSCLI(t *testing.T) {
	program := awsCLI(t)
	c := newCloud(t, scenarios)
	theirs := c.aws(t, program, scenarios)
	for i, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			c.use(t, s.slug())
			ours := runBoth(t.Context(), append([]string{"validate-logs", "--format", "aws"}, c.worlds[s.slug()].arguments()...)...)
			if theirs[i].Both == "" { // each stream was a pipe
				ours.Both = ""
			}
			if s.newer && theirs[i].Code == 0 && ours.Code == 1 {
				t.Skip("this version of the AWS CLI does not look at it yet")
			}
			if d := cmp.Diff(theirs[i], ours); d != "" {
				t.Errorf("the AWS CLI's (-) and ours (+):\n%s", d)
			}
		})
	}
}

// awsCLI is the AWS CLI; where there is none the test is skipped.
func awsCLI(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS CLI is not installed: its report is not compared")
	}
	version, err := exec.Command(program, "--version").CombinedOutput()
	if err != nil {
		t.Skipf("the AWS CLI does not run: %v, %s", err, version)
	}
	if testing.Short() {
		t.Skip("runs the AWS CLI many times")
	}
	t.Logf("compared with %s", version)
	return program
}

// aws runs the AWS CLI on every scenario: all in one process where it is a
// package of the Python at hand, else in one each.
func (c *cloud) aws(t *testing.T, program string, scenarios []scenario) []outcome {
	t.Helper()
	type call struct {
		Args []string          `json:"args"`
		Env  map[string]string `json:"env"`
	}
	var calls []call
	for _, s := range scenarios {
		one := call{append([]string{"--endpoint-url", c.url + "/" + s.slug(), "cloudtrail", "validate-logs"}, c.worlds[s.slug()].arguments()...), map[string]string{}}
		for _, pair := range c.environment(s.slug()) {
			name, value, _ := strings.Cut(pair, "=")
			one.Env[name] = value
		}
		calls = append(calls, one)
	}
	if exec.Command("python3", "-c", "import awscli.clidriver").Run() == nil {
		in, err := json.Marshal(calls)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("python3", "testdata/manyaws.py")
		var errs bytes.Buffer
		cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &errs
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, errs.String())
		}
		var all []outcome
		if err := json.Unmarshal(out, &all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	all := make([]outcome, len(calls))
	for i, one := range calls {
		cmd := exec.Command(program, one.Args...)
		cmd.Env = append(os.Environ(), c.environment(scenarios[i].slug())...)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		err := cmd.Run()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		all[i] = outcome{Code: cmd.ProcessState.ExitCode(), Stdout: out.String(), Stderr: errs.String()}
	}
	return all
}
