from __future__ import annotations

from benchmarks.perf.levels import Inside, Stage
from benchmarks.perf.server import inside, totals

METRICS = """\
# HELP nv_inference_request_success Number of successful inference requests, all batch sizes
# TYPE nv_inference_request_success counter
nv_inference_request_success{model="layout",version="1"} 12
nv_inference_request_success{model="ocr",version="1"} 10
# HELP nv_inference_queue_duration_us Cumulative inference queuing duration in microseconds
# TYPE nv_inference_queue_duration_us counter
nv_inference_queue_duration_us{model="layout",version="1"} 60000
nv_inference_queue_duration_us{model="ocr",version="1"} 7
# HELP vlm_crops_total Crops answered
# TYPE vlm_crops_total counter
vlm_crops_total{outcome="stop",prompt="Table Recognition:"} 2
vlm_crops_total{outcome="stop",prompt="OCR:"} 40
# HELP layout_batch_pages Pages a batch
# TYPE layout_batch_pages histogram
layout_batch_pages_count 6
layout_batch_pages_sum 12
layout_batch_pages_bucket{le="8"} 6
layout_batch_pages_bucket{le="+Inf"} 6
# HELP layout_engine_seconds Seconds of the engine
# TYPE layout_engine_seconds histogram
layout_engine_seconds_count 6
layout_engine_seconds_sum 3
layout_engine_seconds_bucket{le="+Inf"} 6
# HELP vlm_batch_crops Crops a batch
# TYPE vlm_batch_crops histogram
vlm_batch_crops_count 7
vlm_batch_crops_sum 42
vlm_batch_crops_bucket{le="+Inf"} 7
# HELP vlm_queue_seconds Seconds of waiting
# TYPE vlm_queue_seconds histogram
vlm_queue_seconds_count 42
vlm_queue_seconds_sum 4.2
vlm_queue_seconds_bucket{le="+Inf"} 42
# HELP vlm_engine_seconds Seconds of reading
# TYPE vlm_engine_seconds histogram
vlm_engine_seconds_count 42
vlm_engine_seconds_sum 10.5
vlm_engine_seconds_bucket{le="+Inf"} 42
"""
DONE = Inside(cpu=0.5, layout=Stage(batch=2, queue=5, engine=500), vlm=Stage(batch=6, queue=100, engine=250))


def test_metrics_of_triton_are_told_apart_by_model_and_summed_over_other_labels():
    readings = totals(METRICS)
    assert readings["nv_inference_queue_duration_us_total/layout"] == 60000
    assert readings["nv_inference_request_success_total/ocr"] == 10
    assert readings["vlm_crops_total"] == 42
    assert readings["layout_batch_pages_count"] == 6


def test_what_the_models_did_since_they_started():
    assert inside({}, totals(METRICS), "ocr", cpu_seconds=5.0) == DONE


def test_only_what_is_new_between_two_readings_counts():
    before = totals(METRICS)
    after = {name: 2 * value for name, value in before.items()}
    assert inside(before, after, "ocr", cpu_seconds=5.0) == DONE


def test_a_model_that_read_nothing_has_no_figures_and_neither_has_a_server_elsewhere():
    assert inside(totals(METRICS), totals(METRICS), "ocr") == Inside()
