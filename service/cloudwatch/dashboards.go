package cloudwatch

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/store/state"
)

// dashboards are those of an account, in all Regions, by name.
var dashboards = state.Kind[dashboard]("dashboard")

// A dashboard is kept as it was put; nothing here shows it.
type dashboard struct {
	Body     string `json:"body"`
	Modified int64  `json:"modified"`
}

var dashboardName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

const dashboardsPage = 1000

// global is where what belongs to no Region is kept.
func global(in state.Scope) state.Scope {
	in.Region = ""
	return in
}

func dashboardARN(in state.Scope, name string) string {
	return "arn:" + in.Partition + ":cloudwatch::" + in.Account + ":dashboard/" + name
}

// PutDashboard creates or replaces a dashboard. Of its body only is checked that it
// is a JSON object. UNSURE about the texts.
func (s *Service) PutDashboard(ctx context.Context, in *cloudwatch.PutDashboardInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.PutDashboardOutput, error) {
	at, name, now := scope(ctx), aws.ToString(in.DashboardName), s.now()
	if !dashboardName.MatchString(name) {
		return nil, badDashboard("The value %s for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).", name)
	}
	body := aws.ToString(in.DashboardBody)
	if !json.Valid([]byte(body)) || !strings.HasPrefix(strings.TrimSpace(body), "{") {
		return nil, badDashboard("The field DashboardBody must be a valid JSON object%s", "")
	}
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	err = s.update(ctx, func(tx *state.Tx) error {
		row, err := dashboards.Get(ctx, tx, global(at), name)
		if errors.Is(err, state.ErrNotFound) {
			row, err = state.Resource[dashboard]{Scope: global(at), Name: name, Created: now}, tx.Tag(ctx, dashboardARN(at, name), tags)
		}
		if err != nil {
			return err
		}
		row.Value = dashboard{body, now.UnixMilli()}
		_, err = dashboards.Put(ctx, tx, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatch.PutDashboardOutput{DashboardValidationMessages: []types.DashboardValidationMessage{}}, nil
}

func badDashboard(format, about string) error {
	text := strings.Replace(format, "%s", about, 1)
	return &types.DashboardInvalidInputError{
		Message:                     aws.String("The dashboard is invalid: " + text),
		DashboardValidationMessages: []types.DashboardValidationMessage{{Message: aws.String(text)}},
	}
}

func noDashboard(name string) error {
	return &types.DashboardNotFoundError{Message: aws.String("Dashboard " + name + " does not exist")}
}

// GetDashboard is one dashboard.
func (s *Service) GetDashboard(ctx context.Context, in *cloudwatch.GetDashboardInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.GetDashboardOutput, error) {
	at, name := scope(ctx), aws.ToString(in.DashboardName)
	var row state.Resource[dashboard]
	err := s.o.State.View(ctx, func(tx *state.Tx) (err error) {
		row, err = dashboards.Get(ctx, tx, global(at), name)
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return nil, noDashboard(name)
	}
	if err != nil {
		return nil, err
	}
	return &cloudwatch.GetDashboardOutput{
		DashboardArn: aws.String(dashboardARN(at, name)), DashboardName: aws.String(name), DashboardBody: aws.String(row.Value.Body),
	}, nil
}

// dashboardPlace is where ListDashboards goes on: behind that name.
type dashboardPlace struct {
	After string `json:"n"`
}

// ListDashboards lists dashboards by name.
func (s *Service) ListDashboards(ctx context.Context, in *cloudwatch.ListDashboardsInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.ListDashboardsOutput, error) {
	at := scope(ctx)
	from, err := place[dashboardPlace](in.NextToken)
	if err != nil {
		return nil, err
	}
	var rows []state.Resource[dashboard]
	err = s.o.State.View(ctx, func(tx *state.Tx) (err error) {
		rows, err = dashboards.All(ctx, tx, global(at))
		return err
	})
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(r state.Resource[dashboard]) bool {
		return r.Name <= from.After || !strings.HasPrefix(r.Name, aws.ToString(in.DashboardNamePrefix))
	})
	out := &cloudwatch.ListDashboardsOutput{DashboardEntries: []types.DashboardEntry{}}
	if len(rows) > dashboardsPage {
		rows = rows[:dashboardsPage]
		out.NextToken = token(dashboardPlace{rows[dashboardsPage-1].Name})
	}
	for _, r := range rows {
		out.DashboardEntries = append(out.DashboardEntries, types.DashboardEntry{
			DashboardArn: aws.String(dashboardARN(at, r.Name)), DashboardName: aws.String(r.Name),
			LastModified: date(r.Value.Modified), Size: aws.Int64(int64(len(r.Value.Body))),
		})
	}
	return out, nil
}

// DeleteDashboards removes dashboards; none when one of them is not there.
func (s *Service) DeleteDashboards(ctx context.Context, in *cloudwatch.DeleteDashboardsInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.DeleteDashboardsOutput, error) {
	at := scope(ctx)
	err := s.update(ctx, func(tx *state.Tx) error {
		for _, name := range in.DashboardNames {
			switch err := dashboards.Delete(ctx, tx, global(at), name); {
			case errors.Is(err, state.ErrNotFound):
				return noDashboard(name)
			case err != nil:
				return err
			}
			if err := tx.DropTags(ctx, dashboardARN(at, name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatch.DeleteDashboardsOutput{}, nil
}
