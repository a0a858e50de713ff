package acceptance

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/google/go-cmp/cmp"
)

// secondCLI is the AWS CLI of version 2, which alone has logs tail: the first on the PATH.
func secondCLI(t *testing.T) string {
	t.Helper()
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		path := filepath.Join(dir, "aws")
		if version, err := exec.Command(path, "--version").CombinedOutput(); err == nil && strings.HasPrefix(string(version), "aws-cli/2.") {
			return path
		}
	}
	t.Skip("no AWS CLI of version 2 is on the PATH")
	return ""
}

// aws logs tail --follow tells of each event once, those that were there and those that
// come, in the order of their times, while other events come in too.
func TestLogsTail(t *testing.T) {
	path := secondCLI(t)
	s := start(t)
	logs := cloudwatchlogs.NewFromConfig(s.root())
	for _, group := range []string{"tailed", "other"} {
		if _, err := logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group}); err != nil {
			t.Fatal(err)
		}
		for _, stream := range []string{"one", "two"} {
			if _, err := logs.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream}); err != nil {
				t.Fatal(err)
			}
		}
	}
	number := 0
	put := func(group, stream string, n int) (messages []string) {
		var events []types.InputLogEvent
		for range n {
			number++
			text := fmt.Sprintf(`{"n":%d,"in":"%s"}`, number, stream)
			messages = append(messages, text)
			events = append(events, types.InputLogEvent{Timestamp: aws.Int64(time.Now().UnixMilli()), Message: &text})
		}
		if _, err := logs.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream, LogEvents: events}); err != nil {
			t.Fatal(err)
		}
		return messages
	}
	want := put("tailed", "one", 3)
	put("other", "one", 1)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	lines := s.tail(t, ctx, path, "tailed", "--follow", "--since", "10m", "--format", "short")
	var told []string
	await := func() {
		t.Helper()
		late := time.After(2 * patience)
		for len(told) < len(want) {
			select {
			case line, ok := <-lines:
				if !ok {
					t.Fatalf("logs tail ended after %q", told)
				}
				told = append(told, message(line))
			case <-late:
				t.Fatalf("logs tail told of %q only", told)
			}
		}
	}
	await()
	for _, stream := range []string{"two", "one"} {
		want = append(want, put("tailed", stream, 4)...)
		put("other", "two", 1)
		await()
	}
	stop()
	for line := range lines {
		told = append(told, message(line))
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}

	// Without --follow it ends by itself.
	var some []string
	for line := range s.tail(t, t.Context(), path, "tailed", "--filter-pattern", `{ $.in = "two" }`, "--log-stream-names", "two", "--format", "short") {
		some = append(some, message(line))
	}
	if diff := cmp.Diff(want[3:7], some); diff != "" {
		t.Error(diff)
	}
}

// message is a line of logs tail without its time.
func message(line string) string {
	_, rest, _ := strings.Cut(line, " ")
	return rest
}

// tail runs aws logs tail until ctx ends, and gives the lines that it prints.
func (s *server) tail(t *testing.T, ctx context.Context, path string, args ...string) <-chan string {
	t.Helper()
	// Its older versions do not know AWS_ENDPOINT_URL.
	cmd := exec.CommandContext(ctx, path, append([]string{"--endpoint-url", s.endpoint, "logs", "tail"}, args...)...)
	cmd.Env = append(s.environ(), "PYTHONUNBUFFERED=1")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = patience
	var told strings.Builder
	cmd.Stderr = &told
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			lines <- scan.Text()
		}
		if err := cmd.Wait(); err != nil && ctx.Err() == nil {
			t.Errorf("logs tail ended with %v: %s", err, &told)
		}
	}()
	return lines
}
