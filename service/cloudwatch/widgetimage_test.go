package cloudwatch_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

type drawer interface {
	GetMetricWidgetImage(context.Context, *api.GetMetricWidgetImageInput, ...func(*api.Options)) (*api.GetMetricWidgetImageOutput, error)
}

func TestWidgetImage(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		must[*api.PutMetricDataOutput](t)(b.PutMetricData(b.ctx, &api.PutMetricDataInput{Namespace: aws.String("App"), MetricData: []types.MetricDatum{
			{MetricName: aws.String("m"), Value: aws.Float64(7)},
		}}))
		b.world.Advance(time.Minute)
		ask := func(in api.GetMetricWidgetImageInput) (*api.GetMetricWidgetImageOutput, error) {
			return b.operations.(drawer).GetMetricWidgetImage(b.ctx, &in)
		}
		red := func(text string) (n int, size image.Rectangle) {
			t.Helper()
			out := must[*api.GetMetricWidgetImageOutput](t)(ask(api.GetMetricWidgetImageInput{MetricWidget: &text}))
			img, err := png.Decode(bytes.NewReader(out.MetricWidgetImage))
			if err != nil {
				t.Fatal(err)
			}
			for y := range img.Bounds().Dy() {
				for x := range img.Bounds().Dx() {
					if color.RGBAModel.Convert(img.At(x, y)) == (color.RGBA{255, 0, 0, 255}) {
						n++
					}
				}
			}
			return n, img.Bounds()
		}
		if n, size := red(`{"metrics":[["App","m",{"color":"#ff0000"}]],"width":300,"height":200,"view":"bar","legend":{"position":"hidden"}}`); n < 1000 || size != image.Rect(0, 0, 300, 200) {
			t.Errorf("%d pixels of %v are the metric's", n, size)
		}
		if n, _ := red(`{"metrics":[["App","none",{"color":"#ff0000"}]],"view":"bar","legend":{"position":"hidden"}}`); n != 0 {
			t.Errorf("%d pixels of a metric that there is not", n)
		}
		for _, c := range []struct {
			in   api.GetMetricWidgetImageInput
			want string
		}{
			{api.GetMetricWidgetImageInput{MetricWidget: aws.String(`{"end":"PT0H"}`)}, "ValidationError: The MetricWidget is invalid at end: must be a time such as 2026-09-14T12:00:00.000Z or -PT3H, not \"PT0H\""},
			{api.GetMetricWidgetImageInput{MetricWidget: aws.String(`{"metrics":[[{"expression":"nothing"}]]}`)}, "ValidationError: Error in expression 'm1': there is no query with the Id 'nothing'"},
			{api.GetMetricWidgetImageInput{MetricWidget: aws.String("{}"), OutputFormat: aws.String("gif")}, "InvalidParameterValue: The value gif for parameter OutputFormat is not supported."},
			{api.GetMetricWidgetImageInput{MetricWidget: aws.String("{}"), OutputFormat: aws.String("image/png")}, "ValidationError: The OutputFormat image/png is not supported by tocsin; leave it out to get the image as MetricWidgetImage."},
		} {
			if _, err := ask(c.in); err == nil || fault(err) != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
		}
	})
}
