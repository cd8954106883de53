#include "apus_matching.h"

uint32_t apus_matching_version(void) { return APUS_MATCHING_VERSION; }

const char *apus_status_text(apus_status status) {
    switch (status) {
    case APUS_OK: return "done";
    case APUS_EVENTS_WAITING: return "events of earlier calls wait to be taken; nothing was done";
    case APUS_NOT_FOUND: return "there is no such live order";
    case APUS_NULL_ARGUMENT: return "a pointer is NULL that has to lead somewhere";
    case APUS_UNKNOWN_SESSION: return "there is no session of this number";
    case APUS_UNKNOWN_PRODUCT: return "there is no product of this number";
    case APUS_UNKNOWN_INSTRUMENT: return "there is no instrument of this number";
    case APUS_UNKNOWN_SIDE: return "the side is neither APUS_BUY nor APUS_SELL";
    case APUS_UNKNOWN_ACTION: return "there is no action of this number";
    case APUS_SESSION_ENDED: return "the session was ended";
    case APUS_SESSION_NOT_ENDED: return "the session is started already";
    case APUS_BAD_TIME: return "the time is beyond INT64_MAX";
    case APUS_BAD_DATE: return "the date is none of the form YYYYMMDD";
    case APUS_RESERVED_USED: return "a flag is unknown, or a reserved field is not 0";
    case APUS_WITHIN_CALLBACK: return "the engine cannot be used from its own callback";
    case APUS_WRONG_VERSION: return "the library and the header are of different versions";
    case APUS_BAD_PRODUCT: return "a product's tick, lot, largest quantity or instruments make no sense";
    case APUS_BAD_CAPACITY: return "a number of products, sessions or a capacity is out of range";
    case APUS_OUT_OF_MEMORY: return "there is not enough memory";
    }
    return "no status of this library";
}
