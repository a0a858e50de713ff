# The alarms of pack shop.yaml, written by tocsin export terraform.
#
# Nobody hears of the alarms until somebody is subscribed to the topic: --email names who is to
# be.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "log_group_name" {
  description = "Name of the log group that the trail delivers to."
  type        = string
  nullable    = false
}

variable "notification_emails" {
  description = "Who is mailed when an alarm rings. Each has to follow the link in the mail that asks for a confirmation."
  type        = set(string)
  nullable    = false
  default     = []
}

locals {
  # An alarm each, which rings when a filter counts an event that matches the pattern.
  controls = {
    prices-changed = {
      description         = "It's \"the\" $${price} %%{table} $(id) \\"
      pattern             = "{ ($.eventName = UpdateTable)\n  && ($.requestParameters.tableName = \"$${prices}\") && ($.x != \"it's\") }"
      metric              = "prices-changed"
      namespace           = "Shop"
      value               = "1"
      statistic           = "Sum"
      extended_statistic  = null
      period              = 300
      evaluation_periods  = 1
      datapoints_to_alarm = null
      comparison_operator = "GreaterThanOrEqualToThreshold"
      threshold           = 1
      treat_missing_data  = "notBreaching"
    }

    a-1 = {
      description         = "One"
      pattern             = "{ $.a = 1 }"
      metric              = "a-1"
      namespace           = "SecurityAlarms"
      value               = "1"
      statistic           = "Sum"
      extended_statistic  = null
      period              = 300
      evaluation_periods  = 1
      datapoints_to_alarm = null
      comparison_operator = "GreaterThanOrEqualToThreshold"
      threshold           = 1
      treat_missing_data  = "notBreaching"
    }

    a1 = {
      description         = "Other"
      pattern             = "{ $.a = 2 }"
      metric              = "a1"
      namespace           = "SecurityAlarms"
      value               = "1"
      statistic           = "Sum"
      extended_statistic  = null
      period              = 300
      evaluation_periods  = 1
      datapoints_to_alarm = null
      comparison_operator = "GreaterThanOrEqualToThreshold"
      threshold           = 1
      treat_missing_data  = "notBreaching"
    }

    latency = {
      description         = "Slow"
      pattern             = "{ $.eventName = Slow }"
      metric              = "latency"
      namespace           = "SecurityAlarms"
      value               = "$.duration"
      statistic           = null
      extended_statistic  = "p99.9"
      period              = 60
      evaluation_periods  = 3
      datapoints_to_alarm = 2
      comparison_operator = "GreaterThanThreshold"
      threshold           = 2.5
      treat_missing_data  = "ignore"
    }
  }
}

resource "aws_cloudwatch_log_metric_filter" "control" {
  for_each = local.controls

  name           = "shop-${each.key}"
  log_group_name = var.log_group_name
  pattern        = each.value.pattern

  metric_transformation {
    name      = each.value.metric
    namespace = each.value.namespace
    value     = each.value.value
  }
}

resource "aws_cloudwatch_metric_alarm" "control" {
  for_each = local.controls

  alarm_name          = "shop-${each.key}"
  alarm_description   = each.value.description
  namespace           = aws_cloudwatch_log_metric_filter.control[each.key].metric_transformation[0].namespace
  metric_name         = aws_cloudwatch_log_metric_filter.control[each.key].metric_transformation[0].name
  statistic           = each.value.statistic
  extended_statistic  = each.value.extended_statistic
  period              = each.value.period
  evaluation_periods  = each.value.evaluation_periods
  datapoints_to_alarm = each.value.datapoints_to_alarm
  comparison_operator = each.value.comparison_operator
  threshold           = each.value.threshold
  treat_missing_data  = each.value.treat_missing_data
  alarm_actions       = [aws_sns_topic.notices.arn]
}

resource "aws_sns_topic" "notices" {
  name = "shop-notices"
}

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "notices" {
  statement {
    sid       = "AllowAlarmsToPublish"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.notices.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_sns_topic_policy" "notices" {
  arn    = aws_sns_topic.notices.arn
  policy = data.aws_iam_policy_document.notices.json
}

resource "aws_sns_topic_subscription" "email" {
  for_each = var.notification_emails

  topic_arn = aws_sns_topic.notices.arn
  protocol  = "email"
  endpoint  = each.value
}

output "topic_arn" {
  description = "Topic that the alarms publish to."
  value       = aws_sns_topic.notices.arn
}
