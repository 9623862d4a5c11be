/**
 * Imported before the product, whose logger and metrics read these once: thousands of faults provoked on purpose are
 * no news to whoever runs the tests.
 */
process.env.POWERTOOLS_LOG_LEVEL = "SILENT";
process.env.POWERTOOLS_METRICS_DISABLED = "true";
