"""The exercises in the order of the chapters.

The right answers come from the package. The known mistakes are formulas that people write. One
that is wrong in a new way needs no entry: the symptoms in ``_judge`` are measured.
"""

from softmax_lessons.exercises._calibration import (
    BRIER_SCORE,
    EXPECTED_CALIBRATION_ERROR,
    NLL_SLOPE,
)
from softmax_lessons.exercises._gradients import (
    JACOBIAN,
    VJP,
)
from softmax_lessons.exercises._logs import (
    ACCURATE,
    LOG_SOFTMAX,
    LOGSUMEXP,
)
from softmax_lessons.exercises._losses import (
    CROSS_ENTROPY,
    CROSS_ENTROPY_GRAD,
    KL,
    NLL_LOSS,
    SMOOTH_LABELS,
)
from softmax_lessons.exercises._misuse import (
    DOUBLED_GRAD,
    MASKED_SOFTMAX,
)
from softmax_lessons.exercises._multilabel import (
    BCE_WITH_LOGITS,
    EXACT_MATCH,
)
from softmax_lessons.exercises._scores import (
    ACCURACY,
    HARDMAX,
    LOGIT,
    MARGIN,
    NORMALIZE,
    ONE_HOT,
    SHIFT_BY_SUM,
    SIGMOID,
)
from softmax_lessons.exercises._softmax import (
    ENTROPY,
    LOGITS_FROM,
    SOFTMAX,
    SOFTMAX_VECTOR,
    WITH_TEMPERATURE,
)
from softmax_lessons.exercises._training import (
    CONFUSION_MATRIX,
    SGD_STEP,
)

EXERCISES = {
    exercise.signature.partition("(")[0]: exercise
    for exercise in (
        ONE_HOT,
        MARGIN,
        SIGMOID,
        LOGIT,
        HARDMAX,
        ACCURACY,
        NORMALIZE,
        SHIFT_BY_SUM,
        SOFTMAX_VECTOR,
        SOFTMAX,
        LOGITS_FROM,
        WITH_TEMPERATURE,
        ENTROPY,
        JACOBIAN,
        VJP,
        LOGSUMEXP,
        LOG_SOFTMAX,
        ACCURATE,
        CROSS_ENTROPY,
        CROSS_ENTROPY_GRAD,
        SMOOTH_LABELS,
        KL,
        NLL_LOSS,
        SGD_STEP,
        CONFUSION_MATRIX,
        DOUBLED_GRAD,
        MASKED_SOFTMAX,
        BCE_WITH_LOGITS,
        EXACT_MATCH,
        BRIER_SCORE,
        EXPECTED_CALIBRATION_ERROR,
        NLL_SLOPE,
    )
}
