package cloudwatch

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"tocsin/core/expression"
	"tocsin/service/cloudwatch/widget"
	"tocsin/store/state"
)

// GetMetricWidgetImage draws a metric widget, as a PNG.
func (s *Service) GetMetricWidgetImage(ctx context.Context, in *cloudwatch.GetMetricWidgetImageInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricWidgetImageOutput, error) {
	if in.MetricWidget == nil {
		return nil, unset("metricWidget")
	}
	switch format := aws.ToString(in.OutputFormat); format {
	case "", "png":
	case "image/png":
		return nil, unsupported("The OutputFormat image/png", "leave it out to get the image as MetricWidgetImage")
	default:
		return nil, invalid("The value %s for parameter OutputFormat is not supported.", format)
	}
	now, at := s.now(), scope(ctx)
	w, err := widget.Parse(*in.MetricWidget, now, at.Region, at.Account)
	var refused *widget.InvalidError
	if errors.As(err, &refused) {
		return nil, validation("%s", refused.Error())
	}
	if err != nil {
		return nil, refusal(err)
	}
	var results []expression.Result
	err = s.o.State.View(ctx, func(tx *state.Tx) (err error) {
		results, err = w.Set.Evaluate(expression.Request{
			Range: w.Range(), Now: now, Zone: w.Zone, Region: at.Region, Account: at.Account,
			Reader: reader(ctx, tx, at, w.Start, now),
		})
		return err
	})
	if err != nil {
		return nil, refusal(err)
	}
	image, err := w.Draw(results)
	if err != nil {
		return nil, err
	}
	return &cloudwatch.GetMetricWidgetImageOutput{MetricWidgetImage: image}, nil
}
