package cli_test

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/cli"
)

// An onReady is a log that calls done when the daemon says that it is ready.
type onReady struct {
	mu   sync.Mutex
	text bytes.Buffer
	done func()
}

func (l *onReady) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if bytes.Contains(p, []byte(`"msg":"ready"`)) {
		l.done()
	}
	return l.text.Write(p)
}

// serve runs tocsin serve until it is ready, and gives what it printed, with
// ports and keys made equal.
func serve(t *testing.T, env map[string]string, args ...string) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out bytes.Buffer
	log := &onReady{done: stop}
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"}, args...)
	code := cli.Main(ctx, args, cli.Streams{
		In: strings.NewReader(""), Out: &out, Err: log, Now: time.Now, Getenv: func(name string) string { return env[name] },
	})
	if code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", code, &out, &log.text)
	}
	text := regexp.MustCompile(`127\.0\.0\.1:\d{4,5}\b`).ReplaceAllString(out.String(), "127.0.0.1:PORT")
	text = regexp.MustCompile(`AKIA[A-Z0-9]{16}\b`).ReplaceAllString(text, "AKIA...")
	// It may end in a sign that is no letter.
	return regexp.MustCompile(`(?m)(SECRET_ACCESS_KEY=)\S{40}$`).ReplaceAllString(text, "$1...")
}

// The first start says what runs and what to do next; later ones say it in short.
func TestServeStart(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("trail", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		env  map[string]string
		args []string
		want string
	}{
		{"first", nil, []string{"--source", "dir:trail", "--subscribe", "https://127.0.0.1:1/hook", "--subscribe", "slack:https://hooks.slack.com/services/abcd/efgh/ijklmnop"}, `
tocsin is on watch, for the first time here.

  state     sqlite:tocsin-data/tocsin.db
  events    tocsin-data/segments, in log group aws-cloudtrail-logs of 000000000000 in us-east-1
  sources   dir:trail
  alarms    15 alarms of pack cis, on topic security-alarms
  told      https https://127.0.0.1:1/hook, once it has confirmed: it is being asked to
            slack hooks.slack.com/...mnop
  status    http://127.0.0.1:PORT (metrics at /metrics)
  links     http://127.0.0.1:PORT (for this machine only: with --listen and --public-url others can follow links in messages)
  endpoint  http://127.0.0.1:PORT (CloudTrail, CloudWatch, CloudWatch Logs, SNS, IAM, STS and S3, as AWS answers)
  root key  AKIA...

The root key, shown this once. It signs what only you may do, such as tocsin subscriptions confirm:
  export AWS_ACCESS_KEY_ID=AKIA...
  export AWS_SECRET_ACCESS_KEY=...

With that key, the AWS CLI, SDKs and Terraform work against it:
  export AWS_ENDPOINT_URL=http://127.0.0.1:PORT AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1

To hear it ring:
  tocsin synth --story takeover --start 3h --out trail/try

`},
		{"again, with less", nil, nil, `
tocsin is on watch.

  state     sqlite:tocsin-data/tocsin.db
  events    tocsin-data/segments, in log group aws-cloudtrail-logs of 000000000000 in us-east-1
  sources   none: only what is called at the endpoint comes in (--source dir:PATH)
  alarms    as they were; pack cis has nothing new
  told      nobody but who subscribes at the endpoint (--subscribe email:ADDRESS)
  status    http://127.0.0.1:PORT (metrics at /metrics)
  links     http://127.0.0.1:PORT (for this machine only: with --listen and --public-url others can follow links in messages)
  endpoint  http://127.0.0.1:PORT (CloudTrail, CloudWatch, CloudWatch Logs, SNS, IAM, STS and S3, as AWS answers)
  root key  AKIA...

`},
		{
			"a key of the operator's is not shown, nor made",
			map[string]string{"TOCSIN_ROOT_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "TOCSIN_ROOT_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
			[]string{"--data", "other", "--source", "dir:nowhere", "--account", "111122223333", "--region", "eu-west-1", "--public-url", "https://tocsin.example.com", "--pack", "none"},
			`
tocsin is on watch, for the first time here.

  state     sqlite:other/tocsin.db
  events    other/segments, in log group aws-cloudtrail-logs of 111122223333 in eu-west-1
  sources   dir:nowhere (there is no such folder: it is waited for)
  alarms    none: pack none makes none
  told      nobody but who subscribes at the endpoint (--subscribe email:ADDRESS)
  status    http://127.0.0.1:PORT (metrics at /metrics)
  links     https://tocsin.example.com
  endpoint  http://127.0.0.1:PORT (CloudTrail, CloudWatch, CloudWatch Logs, SNS, IAM, STS and S3, as AWS answers)
  root key  AKIA...

With that key, the AWS CLI, SDKs and Terraform work against it:
  export AWS_ENDPOINT_URL=http://127.0.0.1:PORT AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1

To hear it ring:
  tocsin synth --story takeover --start 3h --out nowhere/try

`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := serve(t, test.env, test.args...)
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
