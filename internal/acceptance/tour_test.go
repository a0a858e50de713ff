package acceptance

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tocsin/service/cloudtrail"
	"tocsin/service/cloudwatch"
	"tocsin/service/cloudwatchlogs"
	"tocsin/service/iam"
	"tocsin/service/s3"
	"tocsin/service/sns"
	"tocsin/service/sts"
)

// tours are the scripts by boto3, each with what its service supports: the tour
// has to call all of that.
var tours = []struct {
	script    string
	supported []string
}{
	{"cloudtrail", operations(&cloudtrail.Service{})},
	{"cloudwatch", operations(&cloudwatch.Service{})},
	{"iam", operations(&iam.Service{})},
	{"logs", append(operations(&cloudwatchlogs.Service{}), "StartLiveTail")}, // which has a method of another form
	{"s3", s3.Operations()},
	{"sns", operations(&sns.Service{})},
	{"sts", operations(&sts.Service{})},
}

func TestTourByBoto3(t *testing.T) {
	if out, err := exec.Command("python3", "-c", "import boto3").CombinedOutput(); err != nil {
		t.Skipf("boto3 is not installed: %v\n%s", err, out)
	}
	s := start(t, "--config", loopbackAllowed(t))
	t.Run("services", func(t *testing.T) {
		for _, tour := range tours {
			t.Run(tour.script, func(t *testing.T) {
				t.Parallel()
				called, lacking := s.tour(t, tour.script)
				for _, operation := range tour.supported {
					switch {
					case slices.Contains(lacking, operation):
						t.Logf("boto3 is too old for %s", operation)
					case !slices.Contains(called, operation):
						t.Errorf("the tour does not call %s", operation)
					}
				}
			})
		}
	})
}

// tour runs a script, and gives the operations that were answered and those
// that boto3 does not know.
func (s *server) tour(t *testing.T, script string) (called, lacking []string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "python3", script+".py")
	cmd.Dir = filepath.Join("testdata", "tour")
	cmd.Env = append(s.environ(), "PYTHONDONTWRITEBYTECODE=1")
	var told bytes.Buffer
	cmd.Stderr = &told
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, &told)
	}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		switch kind, operation, _ := strings.Cut(lines.Text(), " "); kind {
		case "called":
			called = append(called, operation)
		case "lacking":
			lacking = append(lacking, operation)
		}
	}
	return called, lacking
}

// What hours are needed for runs on a clock that is moved, the rest on the
// machine's, by which the CLI compares times of files.
func TestTourByCLI(t *testing.T) {
	for _, tool := range []string{"aws", "bash", "curl"} {
		if err := exec.Command(tool, "--version").Run(); err != nil {
			t.Skipf("the AWS CLI is not installed, or bash or curl: %s does not run", tool)
		}
	}
	bin, err := build()
	if err != nil {
		t.Fatal(err)
	}
	for _, tour := range []struct {
		name  string
		parts []string
		flags []string
	}{
		{"at present", []string{"s3", "logs", "sts_and_iam"}, nil},
		{"hours later", []string{"sns_and_cloudwatch", "cloudtrail"}, []string{"--clock", "manual"}},
	} {
		t.Run(tour.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, tour.flags...)
			cmd := exec.CommandContext(t.Context(), "bash", append([]string{filepath.Join("testdata", "tour", "cli.sh")}, tour.parts...)...)
			cmd.Env = append(s.environ(), "TOCSIN="+bin)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "tour: ok") {
				t.Fatalf("%v\n%s", err, out)
			}
			t.Logf("%s", out)
		})
	}
}

// loopbackAllowed is a configuration that lets subscribers be on this machine.
func loopbackAllowed(t *testing.T) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "tocsin.yaml")
	if err := os.WriteFile(file, []byte("allow_networks: [127.0.0.0/8]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// operations are the names of a service's operations, which are its methods of
// the form that the SDK's client has.
func operations(of any) (names []string) {
	service := reflect.TypeOf(of)
	for i := range service.NumMethod() {
		m := service.Method(i)
		if m.Type.NumIn() == 4 && m.Type.IsVariadic() && m.Type.NumOut() == 2 && m.Type.In(1) == reflect.TypeFor[context.Context]() {
			names = append(names, m.Name)
		}
	}
	return names
}
