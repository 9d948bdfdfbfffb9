#include "rpc/dead_letter_admin_service.h"

#include <utility>

#include "rpc/unary.h"

namespace pavane::rpc {

namespace v1 = pavane::admin::v1;

grpc::ServerUnaryReactor* DeadLetterAdminService::ListDeadLetters(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary<v1::ListDeadLettersRequest, v1::ListDeadLettersResponse>(
      context, request, response,
      [this](v1::ListDeadLettersRequest asked, Answer<v1::ListDeadLettersResponse> answer) {
        RunOnPool(admin_.pool, std::move(answer),
                  [this, asked = std::move(asked)] { return admin_.dead_letters.List(asked); });
      });
}

grpc::ServerUnaryReactor* DeadLetterAdminService::GetDeadLetter(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary<v1::GetDeadLetterRequest, v1::GetDeadLetterResponse>(
      context, request, response,
      [this](v1::GetDeadLetterRequest asked, Answer<v1::GetDeadLetterResponse> answer) {
        RunOnPool(admin_.pool, std::move(answer),
                  [this, asked = std::move(asked)] { return admin_.dead_letters.Get(asked); });
      });
}

grpc::ServerUnaryReactor* DeadLetterAdminService::RedriveDeadLetters(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary<v1::RedriveDeadLettersRequest, v1::RedriveDeadLettersResponse>(
      context, request, response,
      [this](v1::RedriveDeadLettersRequest asked, Answer<v1::RedriveDeadLettersResponse> answer) {
        StartOnPool(admin_.pool, std::move(answer),
                    [this, asked = std::move(asked)](Answer<v1::RedriveDeadLettersResponse> later) {
                      admin_.dead_letters.Redrive(asked, std::move(later));
                    });
      });
}

grpc::ServerUnaryReactor* DeadLetterAdminService::SkipDeadLetters(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary<v1::SkipDeadLettersRequest, v1::SkipDeadLettersResponse>(
      context, request, response,
      [this](v1::SkipDeadLettersRequest asked, Answer<v1::SkipDeadLettersResponse> answer) {
        StartOnPool(admin_.pool, std::move(answer),
                    [this, asked = std::move(asked)](Answer<v1::SkipDeadLettersResponse> later) {
                      admin_.dead_letters.Skip(asked, std::move(later));
                    });
      });
}

grpc::ServerUnaryReactor* DeadLetterAdminService::PurgeDeadLetters(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary<v1::PurgeDeadLettersRequest, v1::PurgeDeadLettersResponse>(
      context, request, response,
      [this](v1::PurgeDeadLettersRequest asked, Answer<v1::PurgeDeadLettersResponse> answer) {
        StartOnPool(admin_.pool, std::move(answer),
                    [this, asked = std::move(asked)](Answer<v1::PurgeDeadLettersResponse> later) {
                      admin_.dead_letters.Purge(asked, std::move(later));
                    });
      });
}

}  // namespace pavane::rpc
